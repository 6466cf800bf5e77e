// The card under the pointer: how a unit is computed, with its numbers.

const MOST_TERMS = 4;

// The position of a unit in words.
function placeInWords(shape, unit) {
  const [channel, row, column] = placeOf(shape, unit);
  if (shape.length >= 3) return `channel ${channel}, row ${row}, column ${column}`;
  if (shape.length === 2) return `row ${Math.floor(unit / shape[1])}, column ${unit % shape[1]}`;
  return `unit ${channel}`;
}

// "0.31·0.5 + 0.2·(−0.1) + … + bias = 1.24", the largest terms first.
function sumInWords({ terms, bias, value }) {
  const sorted = terms.toSorted((a, b) => Math.abs(b.weight * b.value) - Math.abs(a.weight * a.value));
  const shown = sorted.slice(0, MOST_TERMS).map((term) => `${factor(term.weight)}·${factor(term.value)}`);
  const rest = sorted.slice(MOST_TERMS).reduce((sum, term) => sum + term.weight * term.value, 0);
  const more = terms.length > MOST_TERMS ? [`(${terms.length - MOST_TERMS} more: ${digits(rest)})`] : [];
  const constant = bias === null ? [] : [`${factor(bias)} bias`];
  return `${[...shown, ...more, ...constant].join(" + ")} = ${digits(value)}`;
}

// The elementwise layers after a node, up to the first output that another node reads too.
function follow(network, name) {
  const readers = network.nodes.filter((node) => node.inputs.includes(name));
  const alone = readers.length === 1 && readers[0].inputs.length === 1 ? readers[0] : null;
  const kind = alone && LAYERS[alone.kind];
  if (kind === SAME) return follow(network, alone.name);
  return kind && (kind.elementwise || alone.kind === "BatchNorm") ? [alone, ...follow(network, alone.name)] : [];
}

// The lines of a card for a unit of a node.
function explained(network, values, name, unit) {
  const found = network.explain(values, name, unit);
  const lines = [found.terms ? sumInWords(found) : `${found.text} = ${digits(found.value)}`];
  const { sums = [] } = found.kernel ? byChannel(found) : {};
  if (sums.length > 1 && product(found.kernel) > 1)
    lines.unshift(`by channel: ${sums.slice(0, 6).map(digits).join(", ")}${sums.length > 6 ? ", …" : ""}`);
  if (network.isSilent(name, placeOf(network.shapes[name], unit)[0])) lines.push("switched off: gives 0 instead");
  for (const node of follow(network, name)) {
    const next = network.explain(values, node.name, unit);
    lines.push(`${node.name}: ${next.text} = ${digits(next.value)}`);
  }
  return { found, lines };
}

// The terms of a convolution by input channel, and the sum of each.
function byChannel({ terms, kernel }) {
  const size = product(kernel);
  const channels = Array.from({ length: terms.length / size }, (_, c) => terms.slice(c * size, (c + 1) * size));
  return { channels, sums: channels.map((taps) => taps.reduce((sum, { weight, value }) => sum + weight * value, 0)) };
}

// The window times the kernel, of the input channel that counts most.
function kernelPicture(found) {
  const [rows, columns] = found.kernel, { channels, sums } = byChannel(found);
  const most = sums.reduce((best, sum, c) => (Math.abs(sum) > Math.abs(sums[best]) ? c : best), 0);
  const grid = (name) => numberGrid(channels[most].map((tap) => tap[name]), rows, columns);
  const caption = channels.length > 1 ? `window in channel ${most}` : "window";
  return element("div", { class: "kernel" },
    element("figure", {}, grid("value"), element("figcaption", {}, caption)), "×",
    element("figure", {}, grid("weight"), element("figcaption", {}, "kernel")), "=",
    element("b", {}, digits(sums[most])));
}

// Coloured cells with their numbers, if the cells are large enough.
function numberGrid(values, rows, columns) {
  const cell = Math.max(6, Math.min(30, Math.floor(130 / columns)));
  const canvas = element("canvas");
  const context = sized(canvas, columns * cell, rows * cell);
  const most = largestSize(values) || 1;
  values.forEach((value, i) => {
    const [x, y] = [(i % columns) * cell, Math.floor(i / columns) * cell];
    context.fillStyle = css(signed(value / most));
    context.fillRect(x, y, cell - 1, cell - 1);
    if (cell < 24) return;
    context.fillStyle = css(Math.abs(value) / most > 0.6 ? COLOURS.paper : COLOURS.ink);
    context.font = "9px ui-monospace, 'DejaVu Sans Mono', monospace";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(short(value), x + cell / 2 - 0.5, y + cell / 2);
  });
  return canvas;
}

// Four characters at most: ".31", "−1.2", "12".
function short(value) {
  const size = Math.abs(value);
  const text = size >= 9.95 ? size.toFixed(0) : size >= 0.995 ? size.toFixed(1) : size.toFixed(2).slice(1);
  return size < 0.005 ? "0" : (value < 0 ? "−" : "") + text;
}

const card = {
  get element() {
    return document.getElementById("card");
  },

  // title, its number, a picture or null, and lines of text; placed beside an event's pointer or element.
  show(title, number, illustration, lines, event) {
    this.element.replaceChildren(
      element("h3", {}, element("span", {}, title), element("b", {}, number)),
      ...(illustration ? [illustration] : []),
      ...lines.map((line) => element("p", { class: "formula" }, line)));
    this.element.hidden = false;
    this.place(event);
  },

  place(event) {
    const box = event.target.getBoundingClientRect();
    const [x, y] = event.clientX === undefined ? [box.right, box.top] : [event.clientX, event.clientY];
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = x + 20 + width > innerWidth ? x - 20 - width : x + 20;
    this.element.style.left = `${Math.max(8, left)}px`;
    this.element.style.top = `${Math.max(8, Math.min(y - 20, innerHeight - height - 8))}px`;
  },

  hide() {
    this.element.hidden = true;
  },
};
