// Two-dimensional convolution: y[o, h, w] = b[o] + Σ W[o, c, i, j] · x[c, h·s + i·d − p, w·s + j·d − p] over c, i and j.

LAYERS.Conv2d = {
  forward(node, [x]) {
    const { weight, bias } = node.parameters;
    const y = zeros(node.shape);
    if (bias) y.forEach((_, i) => { y[i] = bias[Math.floor(i / channelSize(node.shape))]; });
    this.runs(node, (tap, first, from, count, stride) => {
      const w = weight[tap];
      for (let k = 0; k < count; k++) y[first + k] += w * x[from + k * stride];
    });
    return y;
  },

  // Each gradient goes back through the weight that its output was computed with.
  backward(node, [x], y, dy) {
    const { weight } = node.parameters;
    const dx = zeros(node.from[0]);
    this.runs(node, (tap, first, from, count, stride) => {
      const w = weight[tap];
      for (let k = 0; k < count; k++) dx[from + k * stride] += w * dy[first + k];
    });
    return [dx];
  },

  // Visit all products, a row of outputs at a time: outputs first, first + 1, ... read inputs from, from + stride, ...
  // through weight number tap. Outside the input a window reads zeros, which are skipped.
  runs(node, visit) {
    const [channels, height, width] = node.from[0];
    const [outChannels, outHeight, outWidth] = node.shape;
    const [rows, columns] = windows(node);
    for (let o = 0; o < outChannels; o++)
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < rows.kernel; i++)
          for (let j = 0; j < columns.kernel; j++) {
            const tap = ((o * channels + c) * rows.kernel + i) * columns.kernel + j;
            const down = valid(i, rows), across = valid(j, columns);
            const from = across.first * columns.stride + across.shift;
            for (let h = down.first; h < down.last; h++) {
              const row = (c * height + h * rows.stride + down.shift) * width;
              visit(tap, (o * outHeight + h) * outWidth + across.first, row + from, across.last - across.first, columns.stride);
            }
          }
  },

  explain(node, [x], y, unit) {
    const { weight, bias } = node.parameters;
    const [channels, height, width] = node.from[0];
    const [o, h, w] = placeOf(node.shape, unit);
    const [rows, columns] = windows(node);
    const terms = [];
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < rows.kernel; i++)
        for (let j = 0; j < columns.kernel; j++) {
          const row = h * rows.stride + i * rows.dilation - rows.padding;
          const column = w * columns.stride + j * columns.dilation - columns.padding;
          const inside = row >= 0 && row < height && column >= 0 && column < width;
          const place = (c * height + row) * width + column;
          const tap = ((o * channels + c) * rows.kernel + i) * columns.kernel + j;
          terms.push({ weight: weight[tap], value: inside ? x[place] : 0, unit: inside ? place : null });
        }
    return { terms, bias: bias ? bias[o] : null, kernel: [rows.kernel, columns.kernel], reads: [windowRead(node, unit)] };
  },
};

// The rectangle that the window of a unit covers, in every channel or in one.
function windowRead(node, unit, channel = null) {
  const [, h, w] = placeOf(node.shape, unit);
  const [rows, columns] = windows(node);
  return {
    channel, every: channel === null,
    top: h * rows.stride - rows.padding, left: w * columns.stride - columns.padding,
    height: (rows.kernel - 1) * rows.dilation + 1, width: (columns.kernel - 1) * columns.dilation + 1,
  };
}
