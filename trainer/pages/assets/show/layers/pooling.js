// Pooling: each channel by itself.

// The inputs in the window of a unit, in row-major order, and how many places the window has with the padding.
function pooled(node, unit) {
  const [, height, width] = node.from[0];
  const [c, h, w] = placeOf(node.shape, unit);
  const [rows, columns] = windows(node);
  const span = ({ size, kernel, stride, padding }, place, border) => {
    const start = place * stride - padding;
    return [Math.max(start, -border), Math.min(start + kernel, size + border)];
  };
  const [top, bottom] = span(rows, h, 0), [left, right] = span(columns, w, 0);
  const places = [];
  for (let row = top; row < bottom; row++)
    for (let column = left; column < right; column++) places.push((c * height + row) * width + column);
  const [outerTop, outerBottom] = span(rows, h, rows.padding), [outerLeft, outerRight] = span(columns, w, columns.padding);
  return { places, padded: (outerBottom - outerTop) * (outerRight - outerLeft) };
}

function largest(x, places) {
  return places.reduce((best, place) => (x[place] > x[best] ? place : best));
}

// The largest element; among equal ones the first gets the gradient.
LAYERS.MaxPool2d = {
  forward(node, [x]) {
    return zeros(node.shape).map((_, unit) => x[largest(x, pooled(node, unit).places)]);
  },

  backward(node, [x], y, dy) {
    const dx = zeros(node.from[0]);
    dy.forEach((gradient, unit) => { dx[largest(x, pooled(node, unit).places)] += gradient; });
    return [dx];
  },

  explain(node, [x], y, unit) {
    const values = pooled(node, unit).places.map((place) => x[place]);
    const reads = [windowRead(node, unit, placeOf(node.shape, unit)[0])];
    return { text: `the largest of ${listed(values)}`, value: Math.max(...values), reads };
  },
};

// The mean of the window.
LAYERS.AvgPool2d = {
  forward(node, [x]) {
    return zeros(node.shape).map((_, unit) => {
      const { places, count } = this.window(node, unit);
      return places.reduce((sum, place) => sum + x[place], 0) / count;
    });
  },

  backward(node, [x], y, dy) {
    const dx = zeros(node.from[0]);
    dy.forEach((gradient, unit) => {
      const { places, count } = this.window(node, unit);
      for (const place of places) dx[place] += gradient / count;
    });
    return [dx];
  },

  window(node, unit) {
    const { places, padded } = pooled(node, unit);
    return { places, count: node.options.count_include_pad ? padded : places.length };
  },

  explain(node, [x], y, unit) {
    const { places, count } = this.window(node, unit);
    const values = places.map((place) => x[place]);
    const value = values.reduce((a, b) => a + b, 0) / count;
    const reads = [windowRead(node, unit, placeOf(node.shape, unit)[0])];
    return { text: `the sum of ${listed(values)}, over ${count}`, value, reads };
  },
};

// The mean of each channel.
LAYERS.GlobalAvgPool = {
  forward(node, [x]) {
    const size = channelSize(node.from[0]);
    const y = zeros(node.shape);
    x.forEach((value, i) => { y[Math.floor(i / size)] += value / size; });
    return y;
  },

  backward(node, [x], y, dy) {
    const size = channelSize(node.from[0]);
    return [x.map((_, i) => dy[Math.floor(i / size)] / size)];
  },

  explain(node, [x], y, unit) {
    const size = channelSize(node.from[0]);
    const values = Array.from(x.subarray(unit * size, (unit + 1) * size));
    const value = values.reduce((a, b) => a + b, 0) / size;
    return { text: `the mean of ${listed(values)}`, value, reads: [{ channel: unit }] };
  },
};

// Numbers as text; of many, the first ones.
function listed(values, most = 9) {
  const shown = values.slice(0, most).map(digits).join(", ");
  return values.length > most ? `${shown}, … (${values.length} numbers)` : shown;
}
