// Layers that combine several inputs.

// y = a + b + ...; every input receives dy.
LAYERS.Add = {
  forward: (node, [first, ...others]) => first.map((value, i) => others.reduce((sum, x) => sum + x[i], value)),

  backward: (node, xs, y, dy) => xs.map(() => dy),

  explain: (node, xs, y, unit) => ({
    text: xs.map((x) => factor(x[unit])).join(" + "),
    value: xs.reduce((sum, x) => sum + x[unit], 0),
    reads: xs.map((_, input) => ({ input, unit })),
  }),
};

// y = a · b · ...; each input receives dy times the product of the others.
LAYERS.Multiply = {
  forward: (node, [first, ...others]) => first.map((value, i) => others.reduce((all, x) => all * x[i], value)),

  backward: (node, xs, y, dy) =>
    xs.map((_, own) => dy.map((gradient, i) => xs.reduce((all, x, other) => (other === own ? all : all * x[i]), gradient))),

  explain: (node, xs, y, unit) => ({
    text: xs.map((x) => factor(x[unit])).join(" · "),
    value: xs.reduce((all, x) => all * x[unit], 1),
    reads: xs.map((_, input) => ({ input, unit })),
  }),
};

// The inputs one after another, along the channels or features.
LAYERS.Concatenate = {
  forward(node, xs) {
    const y = zeros(node.shape);
    this.starts(xs).forEach((start, i) => y.set(xs[i], start));
    return y;
  },

  backward(node, xs, y, dy) {
    return this.starts(xs).map((start, i) => dy.slice(start, start + xs[i].length));
  },

  starts(xs) {
    return xs.map((_, i) => xs.slice(0, i).reduce((sum, x) => sum + x.length, 0));
  },

  explain(node, xs, y, unit) {
    const starts = this.starts(xs);
    const input = starts.findLastIndex((start, i) => unit >= start && xs[i].length > 0);
    const own = unit - starts[input];
    return { text: `${node.inputs[input]}, number ${own}`, value: xs[input][own], reads: [{ input, unit: own }] };
  },
};
