// A network: its nodes in order, forward, and backward. A file in layers/ says for each kind of layer
//   forward(node, xs)             the output of one example, from its inputs,
//   backward(node, xs, y, dy)     the gradient of each input, from that of the output,
//   explain(node, xs, y, unit)    how a unit is computed: terms of a sum, or text with its numbers, and what it reads.

const LAYERS = {};

class Network {
  // description: {inputs: [{name, shape}], nodes: [{name, kind, inputs, from, shape, options, parameters}], output};
  // a node's parameters name arrays in `weights`.
  constructor({ inputs, nodes, output }, weights) {
    this.inputs = inputs;
    this.nodes = nodes.map((node) => ({ ...node }));
    this.names = nodes.map((node) => node.parameters);
    this.output = output;
    this.shapes = Object.fromEntries([...inputs, ...nodes].map(({ name, shape }) => [name, shape]));
    this.silent = new Map(); // name of a node or an input → set of its channels that give zero
    this.load(weights);
  }

  load(weights) {
    this.nodes.forEach((node, i) => {
      node.parameters = Object.fromEntries(Object.entries(this.names[i]).map(([short, full]) => [short, weights[full]]));
    });
  }

  // The values of all inputs and nodes, by name.
  forward(inputs) {
    const values = Object.fromEntries(this.inputs.map(({ name }) => [name, this.silenced(name, inputs[name])]));
    for (const node of this.nodes) {
      const xs = node.inputs.map((name) => values[name]);
      values[node.name] = this.silenced(node.name, LAYERS[node.kind].forward(node, xs));
    }
    return values;
  }

  // The gradients of all inputs and nodes, by name, given that of the output; where branches meet they add up.
  backward(values, dy) {
    const gradients = { [this.output]: dy };
    for (const node of this.nodes.toReversed()) {
      if (!gradients[node.name]) continue;
      const passed = this.silenced(node.name, gradients[node.name]);
      const xs = node.inputs.map((name) => values[name]);
      const byInputs = LAYERS[node.kind].backward(node, xs, values[node.name], passed);
      node.inputs.forEach((name, i) => {
        if (byInputs[i]) gradients[name] = gradients[name] ? gradients[name].map((each, k) => each + byInputs[i][k]) : byInputs[i];
      });
    }
    return gradients;
  }

  // How a unit of a node is computed; its `value` is the result of the terms that it names.
  explain(values, name, unit) {
    const node = this.nodes.find((each) => each.name === name);
    const xs = node.inputs.map((input) => values[input]);
    const found = LAYERS[node.kind].explain(node, xs, values[name], unit);
    if (found.terms) found.value = found.terms.reduce((sum, { weight, value }) => sum + weight * value, found.bias ?? 0);
    return found;
  }

  // The node or input whose values are drawn for a name: layers that pass their input on are not drawn themselves.
  origin(name) {
    const node = this.nodes.find((each) => each.name === name);
    return node && LAYERS[node.kind] === SAME ? this.origin(node.inputs[0]) : name;
  }

  silenced(name, x) {
    const channels = this.silent.get(name);
    if (!channels?.size) return x;
    const size = channelSize(this.shapes[name]);
    return x.map((value, i) => (channels.has(Math.floor(i / size)) ? 0 : value));
  }

  isSilent(name, channel) {
    return this.silent.get(name)?.has(channel) ?? false;
  }

  toggle(name, channels) {
    const silent = this.silent.get(name) ?? new Set();
    const off = channels.some((channel) => !silent.has(channel));
    for (const channel of channels) off ? silent.add(channel) : silent.delete(channel);
    this.silent.set(name, silent);
  }
}
