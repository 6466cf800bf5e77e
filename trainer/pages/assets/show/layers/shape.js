// Layers that change only the shape, or nothing at all.

const SAME = {
  forward: (node, [x]) => x,

  backward: (node, xs, y, dy) => [dy],

  explain: (node, [x], y, unit) => ({ text: digits(x[unit]), value: x[unit], reads: [{ unit }] }),
};

LAYERS.Flatten = SAME; // channels, rows, columns, in this order
LAYERS.Dropout = SAME; // it drops units only in training
