// Fully connected layer: y = W x + b. An input of higher rank is read as one long vector.

LAYERS.Linear = {
  forward(node, [x]) {
    const { weight, bias } = node.parameters;
    const y = zeros(node.shape);
    for (let o = 0; o < y.length; o++) {
      let sum = bias ? bias[o] : 0;
      for (let i = 0; i < x.length; i++) sum += weight[o * x.length + i] * x[i];
      y[o] = sum;
    }
    return y;
  },

  // dx = Wᵀ dy
  backward(node, [x], y, dy) {
    const { weight } = node.parameters;
    const dx = new Float64Array(x.length);
    for (let o = 0; o < dy.length; o++) {
      if (dy[o] === 0) continue;
      for (let i = 0; i < x.length; i++) dx[i] += weight[o * x.length + i] * dy[o];
    }
    return [dx];
  },

  explain(node, [x], y, unit) {
    const { weight, bias } = node.parameters;
    const terms = Array.from(x, (value, i) => ({ weight: weight[unit * x.length + i], value, unit: i }));
    return { terms, bias: bias ? bias[unit] : null, reads: [{ every: true }] };
  },
};
