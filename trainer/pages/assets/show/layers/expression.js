// Formulas as layers, such as x * sigmoid(beta * x). Python has parsed the text into a tree: a number, a name, or
// [operation, part, ...]. Each part has a value {data, shape}; shapes broadcast as in NumPy, from the right.

LAYERS.Expression = {
  forward(node, xs) {
    return spread(value(node.options.tree, this.names(node, xs)), node.shape);
  },

  backward(node, xs, y, dy) {
    const names = this.names(node, xs);
    const gradients = Object.fromEntries(Object.keys(names).map((name) => [name, zeros(names[name].shape)]));
    back(node.options.tree, names, { data: dy, shape: node.shape }, gradients);
    return node.options.names.map((name) => gradients[name]);
  },

  names(node, xs) {
    const { names, scalars, channels } = node.options;
    const column = [node.from[0][0], ...node.from[0].slice(1).map(() => 1)];
    return Object.fromEntries([
      ...names.map((name, i) => [name, { data: xs[i], shape: node.from[i] }]),
      ...scalars.map((name) => [name, { data: node.parameters[name], shape: [] }]),
      ...channels.map((name) => [name, { data: node.parameters[name], shape: column }]),
    ]);
  },

  explain(node, xs, y, unit) {
    const names = this.names(node, xs);
    const known = Object.entries(names).map(([name, { data, shape }]) => `${name} = ${digits(data[placesOf(shape, node.shape)[unit]])}`);
    const reads = xs.map((x, input) => (x.length === y.length ? { input, unit } : { input, every: true }));
    return { text: `${node.options.formula} with ${known.join(", ")}`, value: this.forward(node, xs)[unit], reads };
  },
};

// For each index of an array of shape `to`, the index that it reads in one of shape `from`.
function placesOf(from, to) {
  const places = new Int32Array(product(to));
  const padded = [...to.slice(from.length).map(() => 1), ...from];
  for (let i = 0; i < places.length; i++) {
    let rest = i, step = 1;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      if (padded[axis] > 1) places[i] += (rest % to[axis]) * step;
      step *= padded[axis];
      rest = Math.floor(rest / to[axis]);
    }
  }
  return places;
}

function spread({ data, shape }, to) {
  return data.length === product(to) ? data : Float64Array.from(placesOf(shape, to), (place) => data[place]);
}

// The gradient of an array that was broadcast to the shape of `gradient`: the sum over the broadcast axes.
function gathered(gradient, shape) {
  const sum = zeros(shape);
  placesOf(shape, gradient.shape).forEach((place, i) => { sum[place] += gradient.data[i]; });
  return sum;
}

function commonShape(shapes) {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => Math.max(...shapes.map((shape) => shape[shape.length - rank + axis] ?? 1)));
}

// For each elementwise operation: its value, and its derivative with respect to each part, given the parts and y.
const half = (a, b) => (a === b ? 0.5 : 0);
const ELEMENTWISE = {
  "+": [(a, b) => a + b, () => 1, () => 1],
  "-": [(a, b) => a - b, () => 1, () => -1],
  "*": [(a, b) => a * b, (a, b) => b, (a) => a],
  "/": [(a, b) => a / b, (a, b) => 1 / b, (a, b, y) => -y / b],
  "**": [(a, b) => a ** b, (a, b) => (b === 0 ? 0 : b * a ** (b - 1)), (a, b, y) => (a > 0 ? y * Math.log(a) : 0)],
  ">": [(a, b) => +(a > b)], ">=": [(a, b) => +(a >= b)], "<": [(a, b) => +(a < b)], "<=": [(a, b) => +(a <= b)],
  neg: [(a) => -a, () => -1],
  exp: [Math.exp, (a, y) => y],
  log: [Math.log, (a) => 1 / a],
  sqrt: [Math.sqrt, (a, y) => 1 / (2 * y)],
  sin: [Math.sin, Math.cos],
  cos: [Math.cos, (a) => -Math.sin(a)],
  tanh: [Math.tanh, (a, y) => 1 - y * y],
  sigmoid: [sigmoid, (a, y) => y * (1 - y)],
  softplus: [softplus, sigmoid],
  relu: [(a) => Math.max(a, 0), (a) => +(a > 0)],
  abs: [Math.abs, Math.sign],
  maximum: [(a, b) => Math.max(a, b), (a, b) => half(a, b) || +(a > b), (a, b) => half(a, b) || +(b > a)],
  minimum: [(a, b) => Math.min(a, b), (a, b) => half(a, b) || +(a < b), (a, b) => half(a, b) || +(b < a)],
  where: [(test, a, b) => (test ? a : b), () => 0, (test) => +!!test, (test) => +!test],
};

// For each operation over the whole example, or over its channels: its value, and the gradient of its part.
const OVER_ALL = {
  sum: { value: (x) => x.reduce((a, b) => a + b, 0), gradient: (x, y, dy) => x.map(() => dy) },
  mean: { value: (x) => x.reduce((a, b) => a + b, 0) / x.length, gradient: (x, y, dy) => x.map(() => dy / x.length) },
  max: { value: (x) => x.reduce((a, b) => Math.max(a, b)), gradient: shared },
  min: { value: (x) => x.reduce((a, b) => Math.min(a, b)), gradient: shared },
};
const OVER_CHANNELS = {
  softmax: { value: softmax, gradient: softmaxGradient },
  log_softmax: {
    value: (x, size) => softmax(x, size).map(Math.log),
    gradient(y, dy, size) {
      const sums = new Float64Array(size);
      dy.forEach((gradient, i) => { sums[i % size] += gradient; });
      return dy.map((gradient, i) => gradient - Math.exp(y[i]) * sums[i % size]);
    },
  },
};

// Equal largest, or smallest, elements share the gradient.
function shared(x, y, dy) {
  const count = x.filter((each) => each === y).length;
  return x.map((each) => (each === y ? dy / count : 0));
}

function value(tree, names) {
  if (typeof tree === "number") return { data: Float64Array.of(tree), shape: [] };
  if (typeof tree === "string") return names[tree];
  const [operation, ...parts] = tree;
  return computed(operation, parts.map((part) => value(part, names)));
}

function computed(operation, parts) {
  const [{ data, shape }] = parts;
  if (operation in OVER_ALL) return { data: Float64Array.of(OVER_ALL[operation].value(data)), shape: shape.map(() => 1) };
  if (operation in OVER_CHANNELS) return { data: OVER_CHANNELS[operation].value(data, channelSize(shape)), shape };
  const whole = commonShape(parts.map((part) => part.shape));
  const [a, b, c] = parts.map((part) => spread(part, whole));
  const [f] = ELEMENTWISE[operation];
  return { data: a.map((_, i) => f(a[i], b?.[i], c?.[i])), shape: whole };
}

// Add the gradient of each name in a tree to `gradients`, given the gradient of its value.
function back(tree, names, gradient, gradients) {
  if (typeof tree === "number") return;
  if (typeof tree === "string") {
    gathered(gradient, names[tree].shape).forEach((each, i) => { gradients[tree][i] += each; });
    return;
  }
  const [operation, ...parts] = tree;
  const values = parts.map((part) => value(part, names));
  const y = computed(operation, values);
  const dy = spread(gradient, y.shape);
  const pass = (part, data, shape) =>
    back(parts[part], names, { data: gathered({ data, shape }, values[part].shape), shape: values[part].shape }, gradients);
  const [{ data, shape }] = values;
  if (operation in OVER_ALL) {
    pass(0, OVER_ALL[operation].gradient(data, y.data[0], gathered(gradient, y.shape)[0]), shape);
  } else if (operation in OVER_CHANNELS) {
    pass(0, OVER_CHANNELS[operation].gradient(y.data, dy, channelSize(shape)), shape);
  } else {
    const spreadParts = values.map((part) => spread(part, y.shape));
    ELEMENTWISE[operation].slice(1).forEach((slope, part) => {
      pass(part, dy.map((each, i) => each * slope(...spreadParts.map((x) => x[i]), y.data[i])), y.shape);
    });
  }
}
