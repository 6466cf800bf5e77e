// Activations: y = f(x), element by element, each with its derivative with respect to x, which may use y.

const FUNCTIONS = {
  ReLU: { f: (x) => Math.max(x, 0), slope: (x) => (x > 0 ? 1 : 0), says: (x) => `max(${x}, 0)` },
  LeakyReLU: {
    f: (x, { negative_slope: a }) => (x > 0 ? x : a * x),
    slope: (x, y, { negative_slope: a }) => (x > 0 ? 1 : a),
    says: (x, { negative_slope: a }) => `${x}, times ${a} if negative`,
  },
  Tanh: { f: Math.tanh, slope: (x, y) => 1 - y * y, says: (x) => `tanh(${x})` },
  Sigmoid: { f: sigmoid, slope: (x, y) => y * (1 - y), says: (x) => `1 / (1 + exp(−${x}))` },
  ELU: {
    f: (x, { alpha }) => (x > 0 ? x : alpha * Math.expm1(x)),
    slope: (x, y, { alpha }) => (x > 0 ? 1 : y + alpha),
    says: (x, { alpha }) => `${x}; if negative ${alpha} · (exp(${x}) − 1)`,
  },
  Softplus: { f: softplus, slope: sigmoid, says: (x) => `log(1 + exp(${x}))` },
  SiLU: {
    f: (x) => x * sigmoid(x),
    slope: (x, y) => sigmoid(x) * (1 + x - y),
    says: (x) => `${x} · sigmoid(${x})`,
  },
  GELU: {
    f: (x) => 0.5 * x * (1 + Math.tanh(GELU_SLOPE * (x + GELU_CUBIC * x ** 3))),
    slope(x) {
      const t = Math.tanh(GELU_SLOPE * (x + GELU_CUBIC * x ** 3));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * GELU_SLOPE * (1 + 3 * GELU_CUBIC * x * x);
    },
    says: (x) => `½ · ${x} · (1 + tanh(√(2/π) · (${x} + ${GELU_CUBIC} · ${x}³)))`,
  },
};
const GELU_SLOPE = Math.sqrt(2 / Math.PI), GELU_CUBIC = 0.044715;

function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

for (const [kind, { f, slope, says }] of Object.entries(FUNCTIONS)) {
  LAYERS[kind] = {
    elementwise: true,

    forward: (node, [x]) => x.map((value) => f(value, node.options)),

    backward: (node, [x], y, dy) => [dy.map((gradient, i) => gradient * slope(x[i], y[i], node.options))],

    explain: (node, [x], y, unit) => ({
      text: says(factor(x[unit]), node.options), value: f(x[unit], node.options), reads: [{ unit }],
    }),
  };
}

// yₖ = exp(xₖ) / Σⱼ exp(xⱼ) over the features of a vector, or over the channels at each place of an image.
LAYERS.Softmax = {
  forward: (node, [x]) => softmax(x, channelSize(node.shape)),

  // dx = y (dy − Σⱼ yⱼ dyⱼ)
  backward: (node, [x], y, dy) => [softmaxGradient(y, dy, channelSize(node.shape))],

  explain(node, [x], y, unit) {
    const size = channelSize(node.shape);
    let sum = 0;
    for (let i = unit % size; i < x.length; i += size) sum += Math.exp(x[i]);
    return { text: `exp(${digits(x[unit])}) / ${digits(sum)}, the sum over all`, value: Math.exp(x[unit]) / sum, reads: [{ every: true }] };
  },
};

function softmax(x, size = 1) {
  const y = new Float64Array(x.length);
  for (let place = 0; place < size; place++) {
    let most = -Infinity, sum = 0;
    for (let i = place; i < x.length; i += size) most = Math.max(most, x[i]);
    for (let i = place; i < x.length; i += size) sum += y[i] = Math.exp(x[i] - most);
    for (let i = place; i < x.length; i += size) y[i] /= sum;
  }
  return y;
}

function softmaxGradient(y, dy, size = 1) {
  const dx = new Float64Array(y.length);
  for (let place = 0; place < size; place++) {
    let sum = 0;
    for (let i = place; i < y.length; i += size) sum += y[i] * dy[i];
    for (let i = place; i < y.length; i += size) dx[i] = y[i] * (dy[i] - sum);
  }
  return dx;
}
