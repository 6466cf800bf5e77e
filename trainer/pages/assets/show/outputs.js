// What people see of a network's outputs: probabilities of classes or labels, or values in the data's units.

function answers(outputs, { kind, squashed, mean, std }) {
  if (kind === "values") return std.length ? outputs.map((value, i) => value * std[i] + mean[i]) : outputs;
  if (squashed) return outputs;
  return kind === "labels" ? outputs.map(sigmoid) : softmax(outputs);
}
