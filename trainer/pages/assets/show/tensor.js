// Arrays of one example: a Float64Array in the order channels, rows, columns, and beside it a shape such as [6, 28, 28].
// The parameters are the run's own float32 numbers; sums are taken in double precision.

"use strict";

function product(shape) {
  return shape.reduce((a, b) => a * b, 1);
}

function zeros(shape) {
  return new Float64Array(product(shape));
}

function bytesFrom(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

// An array as Python wrote it: {shape, type: "float32" | "uint8" | "int32", data: base64, little-endian}.
function arrayFrom({ type, data }) {
  const kinds = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array };
  return Float64Array.from(new kinds[type](bytesFrom(data).buffer));
}

// Of a sliding window along one axis: the outputs [first, last) for which this tap reads inside the input. Tap j of
// output o reads input o * stride + j * dilation - padding.
function valid(tap, { size, outputs, stride, padding, dilation }) {
  const shift = tap * dilation - padding;
  const first = Math.max(0, Math.ceil(-shift / stride));
  const last = Math.min(outputs, Math.floor((size - 1 - shift) / stride) + 1);
  return { first, last: Math.max(first, last), shift };
}

// The sliding windows of a node along rows and columns.
function windows(node) {
  const { kernel_size, stride, padding, dilation = [1, 1] } = node.options;
  return [0, 1].map((axis) => ({
    size: node.from[0][axis + 1], outputs: node.shape[axis + 1],
    kernel: kernel_size[axis], stride: stride[axis], padding: padding[axis], dilation: dilation[axis],
  }));
}

// Channel, row and column of a unit; a vector's units are its channels.
function placeOf(shape, index) {
  const [, rows = 1, columns = 1] = shape;
  return [Math.floor(index / (rows * columns)), Math.floor(index / columns) % rows, index % columns];
}

function channelSize(shape) {
  return product(shape.slice(1));
}

// A number for people: three significant digits, with a proper minus sign.
function digits(value) {
  if (value === 0 || Number.isInteger(value) && Math.abs(value) < 1000) return String(value).replace("-", "−");
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(1) : size >= 1000 ? value.toFixed(0) : value.toPrecision(3);
  return text.replaceAll("-", "−");
}

// The same inside a formula, where a negative number after an operator needs brackets.
function factor(value) {
  return value < 0 ? `(${digits(value)})` : digits(value);
}
