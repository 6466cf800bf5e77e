// From what people enter (pixels, a row of a table, a text) to a network's inputs, as in training.

// Transforms of images; values of `x` and of the result are 0..255.
const TRANSFORMS = {
  // Bilinear interpolation between pixel centres, rounded to whole numbers.
  Resize(x, shape, { size }) {
    const stretched = size.reduce((image, length, axis) => interpolated(image, axis + 1, length), { data: x, shape });
    return { data: stretched.data.map(rounded), shape: stretched.shape };
  },

  Pad(x, [channels, height, width], { padding, value }) {
    const shape = [channels, height + 2 * padding, width + 2 * padding];
    const data = zeros(shape).fill(value);
    x.forEach((pixel, i) => {
      const [c, row, column] = placeOf([channels, height, width], i);
      data[(c * shape[1] + row + padding) * shape[2] + column + padding] = pixel;
    });
    return { data, shape };
  },
};

function interpolated({ data, shape }, axis, length) {
  const last = shape[axis] - 1, inner = product(shape.slice(axis + 1));
  const to = shape.map((size, i) => (i === axis ? length : size));
  const stretched = zeros(to).map((_, i) => {
    const position = Math.min(Math.max((Math.floor(i / inner) % length + 0.5) * (last + 1) / length - 0.5, 0), last);
    const lower = Math.floor(position);
    const start = Math.floor(i / inner / length) * shape[axis];
    const at = (place) => data[(start + place) * inner + (i % inner)];
    const below = at(lower), above = at(Math.min(lower + 1, last));
    return Math.fround(below + Math.fround(Math.fround(position - lower) * Math.fround(above - below)));
  });
  return { data: stretched, shape: to };
}

// To the nearest integer; halves go to the even one, as in NumPy.
function rounded(x) {
  const nearest = Math.round(x);
  return Math.abs(x % 1) === 0.5 && nearest % 2 ? nearest - 1 : nearest;
}

// The network's input from stored pixels or values: transformed, scaled, (x − mean) / std for each channel.
function prepared(x, { shape, pixels, transforms, mean, std }) {
  let image = { data: x, shape };
  for (const { kind, options } of transforms) image = TRANSFORMS[kind](image.data, image.shape, options);
  const size = channelSize(image.shape), unit = pixels ? 1 / 255 : 1;
  return image.data.map((value, i) => {
    const c = Math.floor(i / size);
    return (value * unit - (mean[c] ?? mean[0])) / (std[c] ?? std[0]);
  });
}

// A row of a table: each column's rule, applied to a number (NaN: missing) or to the index of a level.
function encodedRow(row, { features, normal }) {
  const numbers = [], categories = [];
  features.forEach((feature, i) => {
    const { kind, levels, embedded, median, indicator, mean, deviation, quantiles } = feature;
    if (kind === "category") {
      if (embedded) categories.push(row[i]);
      else numbers.push(...[null, ...levels].map((_, place) => +(place === row[i])));
      return;
    }
    const missing = Number.isNaN(row[i]);
    const known = missing ? median : row[i];
    numbers.push(quantiles.length ? normalQuantile(known, quantiles, normal) : (known - mean) / deviation);
    if (indicator) numbers.push(+missing);
  });
  return { input: Float64Array.from(numbers, Math.fround), categories: Float64Array.from(categories) };
}

// The value of the normal distribution at a number's quantile; of equal quantiles the middle one.
function normalQuantile(number, quantiles, normal) {
  const grid = quantiles.map((_, i) => i / Math.max(1, quantiles.length - 1));
  const low = between(number, quantiles, grid);
  const high = 1 - between(-number, quantiles.map((q) => -q).reverse(), grid);
  const share = Math.min(Math.max((low + high) / 2, 1e-7), 1 - 1e-7);
  return between(share, ...normal);
}

// Linear interpolation of y over increasing x, like NumPy's interp.
function between(at, x, y) {
  if (at < x[0]) return y[0];
  const upper = x.findIndex((each) => each > at);
  if (upper < 0) return y[y.length - 1];
  const lower = upper - 1;
  return y[lower] + (at - x[lower]) / (x[upper] - x[lower]) * (y[upper] - y[lower]);
}

// The indices in the vocabulary of a text's last characters; unknown ones have index 0.
function encodedText(text, { vocabulary, context, filling }) {
  const characters = [...text].slice(-context);
  const padded = [...Array(context - characters.length).fill(filling), ...characters];
  return Float64Array.from(padded, (character) => Math.max(0, vocabulary.indexOf(character)));
}

// The network's inputs by name, from what was entered: {row}, {text}, or {inputs: arrays by name}.
function inputsFrom(entered, form) {
  if (form.kind === "row") return encodedRow(entered.row, form);
  if (form.kind === "text") return { input: encodedText(entered.text, form) };
  return Object.fromEntries(Object.entries(form.inputs).map(([name, given]) => [name, prepared(entered.inputs[name], given)]));
}
