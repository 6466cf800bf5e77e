// Batch normalisation with the running statistics: y = weight · (x − mean) / √(variance + eps) + bias,
// channel by channel.

LAYERS.BatchNorm = {
  forward(node, [x]) {
    const { weight, bias, running_mean: mean } = node.parameters;
    return this.byChannel(node, x, (value, c) => weight[c] * (value - mean[c]) / this.deviation(node, c) + bias[c]);
  },

  backward(node, [x], y, dy) {
    const { weight } = node.parameters;
    return [this.byChannel(node, dy, (gradient, c) => weight[c] * gradient / this.deviation(node, c))];
  },

  deviation(node, channel) {
    return Math.sqrt(node.parameters.running_var[channel] + node.options.eps);
  },

  byChannel(node, x, rule) {
    const size = channelSize(node.shape);
    return x.map((value, i) => rule(value, Math.floor(i / size)));
  },

  explain(node, [x], y, unit) {
    const { weight, bias, running_mean: mean } = node.parameters;
    const [c] = placeOf(node.shape, unit);
    const deviation = this.deviation(node, c);
    return {
      text: `${digits(weight[c])} · (${digits(x[unit])} − ${factor(mean[c])}) / ${digits(deviation)} + ${factor(bias[c])}`,
      value: weight[c] * (x[unit] - mean[c]) / deviation + bias[c],
      reads: [{ unit }],
    };
  },
};
