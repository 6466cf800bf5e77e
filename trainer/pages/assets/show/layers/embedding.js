// Learned vectors that are looked up by number. The numbers have no gradient.

// yₜ = W[xₜ]; the vectors lie along the first axis of y.
LAYERS.Embedding = {
  forward(node, [x]) {
    const { weight } = node.parameters;
    const dim = node.shape[0];
    return zeros(node.shape).map((_, i) => weight[x[i % x.length] * dim + Math.floor(i / x.length)]);
  },

  backward: () => [null],

  explain(node, [x], y, unit) {
    const dim = node.shape[0], place = unit % x.length, d = Math.floor(unit / x.length);
    const value = node.parameters.weight[x[place] * dim + d];
    return { text: `number ${d} of the vector of ${node.said?.(x[place]) ?? x[place]}`, value, reads: [{ unit: place }] };
  },
};

// One table of vectors for each of several categories; y holds their vectors, one after another.
LAYERS.Embeddings = {
  forward(node, [x]) {
    return zeros(node.shape).map((_, unit) => this.found(node, x, unit).value);
  },

  found(node, x, unit) {
    let category = 0, d = unit;
    while (d >= node.options.embedding_dim[category]) d -= node.options.embedding_dim[category++];
    const dim = node.options.embedding_dim[category];
    return { category, d, value: node.parameters[`weight${category}`][x[category] * dim + d] };
  },

  backward: () => [null],

  explain(node, [x], y, unit) {
    const { category, d, value } = this.found(node, x, unit);
    return { text: `number ${d} of the vector of ${node.said?.(x[category], category) ?? `${x[category]} in category ${category}`}`, value, reads: [{ unit: category }] };
  },
};
