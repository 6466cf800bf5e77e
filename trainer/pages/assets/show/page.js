// The page: what is entered goes through the network, and every part shows its result.

const SLOW = 80; // milliseconds; a slower computation is announced, and skipped during a stroke

const network = new Network(PAGE.network, unpacked(PAGE.weights));
const examples = PAGE.examples.map(({ inputs, ...rest }) => ({ ...rest, ...(inputs ? { inputs: unpacked(inputs) } : {}) }));
const columns = new Map(); // name of a node or an input → Column
const seen = new Set(); // the columns on the screen
const VIEWS = { values: "Activations", gradients: "Gradient", change: "Change" };

for (const node of network.nodes) node.said = saidOf(node);

const state = {
  entered: null, // as inputsFrom takes it
  target: null, // of the example that was taken
  values: null, // of all inputs and nodes
  before: null, // the same before the last change
  gradients: null, // of the output, if they are computed
  chosen: null, // the output whose gradient is shown; null: the network's own answer
  view: "values",
  poked: null, // {values}: what they would be if the input under the pointer changed
  moving: false, // in the middle of a stroke
  took: 0, // milliseconds of the last forward
};

// The meaning of the numbers that an embedding looks up; null if unknown.
function saidOf({ kind }) {
  const { form } = PAGE;
  if (kind === "Embedding" && form.kind === "text") return (number) => nameOf(form.vocabulary[number]);
  if (kind !== "Embeddings" || form.kind !== "row") return null;
  const columns = form.features.filter(({ embedded }) => embedded);
  return (number, place) => `“${["(other or missing)", ...columns[place].levels][number]}” (${columns[place].name})`;
}

function unpacked(arrays) {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, arrayFrom(array)]));
}

// The network's answer from the values of its last layer.
function answerOf(values) {
  return answers(values[network.output], PAGE.answer);
}

function asked() {
  const answer = answerOf(state.values);
  return state.chosen ?? answer.indexOf(Math.max(...answer));
}

// The gradients of the chosen output with respect to all inputs and nodes.
function gradients() {
  if (!state.gradients) {
    const dy = zeros(network.shapes[network.output]);
    dy[asked()] = 1;
    state.gradients = network.backward(state.values, dy);
  }
  return state.gradients;
}

function enter(entered, settled, target = null) {
  if (!state.moving) state.before = state.values;
  state.moving = !settled;
  state.entered = entered;
  state.target = target;
  schedule();
}

// Compute and draw before the next frame; a slow network says so first.
function schedule() {
  if (state.pending) return;
  state.pending = true;
  const slow = state.took > SLOW;
  if (slow) say("computing …");
  (slow ? (work) => setTimeout(work, 20) : requestAnimationFrame)(() => {
    state.pending = false;
    compute();
    draw();
  });
}

function compute() {
  const started = performance.now();
  state.values = network.forward(inputsFrom(state.entered, PAGE.form));
  state.took = performance.now() - started;
  state.before ??= state.values;
  state.gradients = state.poked = null;
}

function draw() {
  const answer = answerOf(state.values);
  document.getElementById("verdict").textContent = bars.verdict(answer);
  bars.draw(answer, answerOf((state.poked ?? { values: state.before }).values), asked(), state.target);
  const off = [...network.silent].filter(([, channels]) => channels.size);
  document.getElementById("all-on").hidden = !off.length;
  const truth = state.target !== null && PAGE.answer.kind === "values" ? `The example's own: ${labelOf({ target: state.target })}.` : "";
  say(off.length ? `switched off: ${off.map(([name, channels]) => `${channels.size} of ${name}`).join(", ")}` : truth);
  for (const name of seen) drawColumn(name);
  if (!(state.moving && state.took > SLOW)) drawSaliency();
}

function say(text) {
  document.getElementById("state").textContent = text;
}

// What a column shows in this view, and its scale in words.
function drawColumn(name) {
  const column = columns.get(name);
  if (PAGE.form.kind === "text" && name === network.inputs[0].name) return drawCharacters(column);
  const [now, then] = state.poked ? [state.poked.values, state.values] : [state.values, state.before];
  const shown = {
    values: () => state.values[name],
    gradients: () => gradients()[name] ?? zeros(network.shapes[name]),
    change: () => now[name].map((value, i) => value - then[name][i]),
  }[state.view]();
  const isInput = state.view === "values" && network.inputs.some((input) => input.name === name);
  const [low, high] = extent(shown), most = largestSize(shown);
  const colour = isInput && network.shapes[name].length === 3
    ? (value) => grey((value - low) / (high - low || 1)) : (value) => signed(value / (most || 1));
  column.draw(shown, colour, (channel) => network.isSilent(name, channel), most ? `±${digits(most)}` : "all 0");
}

function drawSaliency() {
  if (PAGE.form.kind === "text") widgets[0].colour(characterWeights(), naming(asked()));
  const holder = document.getElementById("saliency");
  if (holder.hidden) return;
  const { name, shape: [channels, height, width] } = network.inputs[0];
  const gradient = gradients()[name], size = height * width;
  const strongest = Array.from({ length: size }, (_, place) => {
    const all = Array.from({ length: channels }, (_, c) => gradient[c * size + place]);
    return all.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  });
  const most = largestSize(strongest) || 1, side = 112 / Math.max(height, width);
  const context = sized(holder.querySelector("canvas"), width * side, height * side);
  context.drawImage(picture(height, width, (place) => signed(strongest[place] / most)), 0, 0, width * side, height * side);
  holder.querySelector("figcaption").textContent =
    `Gradient of ${naming(asked())} with respect to each pixel: more light raises it at blue places and lowers it at orange ones.`;
}

function naming(output) {
  return `“${bars.name(output)}”`;
}

// The pointer has entered a unit of a column, or left it.
function hover(name, unit, event) {
  for (const column of columns.values()) column.unmark();
  if (unit === null || !state.values) {
    card.hide();
    poke(null);
    return;
  }
  columns.get(name).mark({ unit }, "purple");
  const value = state.values[name][unit], node = network.nodes.find((each) => each.name === name);
  if (!node && PAGE.form.kind === "text") {
    const weight = `gradient × vector: ${digits(characterWeights()[unit])} for ${naming(asked())}`;
    card.show(`${nameOf(PAGE.form.vocabulary[value])}, character ${unit + 1}`, `number ${value}`, null, [...poke(name, unit), weight], event);
    return;
  }
  const effect = `∂ ${naming(asked())} / ∂ this = ${digits(gradients()[name]?.[unit] ?? 0)}`;
  if (!node) {
    const lines = poke(name, unit), rule = PAGE.form.kind === "row" && name === "input" ? standardised(PAGE.form, state.entered.row, unit) : null;
    card.show(inputName(name, unit), digits(value), null, [...(rule ? [`${rule} = ${digits(value)}`] : []), ...lines, effect], event);
    return;
  }
  const { found, lines } = explained(network, state.values, name, unit);
  for (const read of found.reads) columns.get(network.origin(node.inputs[read.input ?? 0]))?.mark(read, "purple");
  const illustration = found.kernel && product(found.kernel) > 1 ? kernelPicture(found) : null;
  const which = name === network.output && PAGE.answer.kind !== "values" ? `, ${naming(unit)}` : "";
  card.show(`${name}: ${placeInWords(node.shape, unit)}${which}`, digits(value), illustration, [...lines, effect], event);
}

function inputName(name, unit) {
  const shape = network.shapes[name];
  if (shape.length >= 3) return `input: ${placeInWords(shape, unit)}`;
  return PAGE.form.names?.[name]?.[unit] ?? `${name}: ${placeInWords(shape, unit)}`;
}

// What would happen if an input changed: a pixel is inverted, another number grows by one. Returns it in words.
function poke(name, unit) {
  const wanted = name !== null && state.took < SLOW && !network.isSilent(name, 0) && !PAGE.form.inputs?.[name]?.integer
    && name !== "categories";
  if (!wanted) {
    if (!state.poked) return [];
    state.poked = null;
    draw();
    return [];
  }
  const inputs = Object.fromEntries(network.inputs.map((input) => [input.name, Float64Array.from(state.values[input.name])]));
  const picture = network.shapes[name].length === 3, text = PAGE.form.kind === "text";
  const [low, high] = extent(inputs[name]);
  inputs[name][unit] = picture ? low + high - inputs[name][unit] : text ? encodedText(" ", PAGE.form).at(-1) : inputs[name][unit] + 1;
  state.poked = { values: network.forward(inputs) };
  draw();
  const [was, would] = [state.values, state.poked.values].map((values) =>
    `${bars.number(answerOf(values)[asked()])} (output ${digits(values[network.output][asked()])})`);
  const deviation = PAGE.form.kind === "row" && standardised(PAGE.form, state.entered.row, unit);
  return [`${picture ? "inverted" : text ? "a space instead" : deviation ? "one deviation more" : "one more"}: ${naming(asked())} from ${was} to ${would}`];
}

let touched = null;

function choose(name, unit, event) {
  if (event.pointerType === "touch" && touched !== `${name} ${unit}`) {
    touched = `${name} ${unit}`;
    hover(name, unit, event);
    return;
  }
  toggle(name, [Math.floor(unit / channelSize(network.shapes[name]))]);
  hover(name, unit, event);
}

function toggle(name, channels) {
  network.toggle(name, channels);
  renew();
}

// The network itself has changed.
function renew() {
  state.before = state.values;
  compute();
  for (const widget of widgets) widget.renew?.();
  draw();
}

function see(view) {
  state.view = view;
  for (const choice of document.querySelectorAll("#views button")) choice.setAttribute("aria-pressed", String(choice.dataset.view === view));
  for (const name of seen) drawColumn(name);
}

// Build the columns of the layers; those that pass their input on are only named.
function buildNetwork() {
  const holder = document.getElementById("layers");
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) seen.delete(target.dataset.name);
      else {
        seen.add(target.dataset.name);
        if (state.values) drawColumn(target.dataset.name);
      }
    }
  }, { root: holder, rootMargin: "0px 200px" });
  for (const each of [...network.inputs.map((input) => ({ ...input, kind: "as it gets it" })), ...network.nodes]) {
    if (!product(each.shape)) continue;
    const { name, shape, kind, options } = each;
    if (LAYERS[kind] === SAME) {
      holder.append(element("div", { class: "column same", title: `${name}: ${kind} passes on what it gets` },
        element("div", { class: "group" }, "\u00a0"), element("h3", {}, name.split(".").at(-1)), element("div", { class: "faint" }, "=")));
      continue;
    }
    const size = options?.kernel_size ? ` ${options.kernel_size.join("×")}` : "";
    const says = [name, kind + size, shape.join("×")];
    const cell = kind === "as it gets it" && PAGE.form.kind === "text" ? 15 : null;
    const column = new Column(name, shape, says, cell, {
      hover: (unit, event) => hover(name, unit, event),
      choose: (unit, event) => choose(name, unit, event),
      layer: () => toggle(name, Array.from({ length: shape[0] ?? 1 }, (_, channel) => channel)),
    });
    columns.set(name, column);
    holder.append(column.element);
    watch.observe(column.element);
  }
  const back = arcs(columns, network.nodes);
  holder.classList.toggle("branches", back.childElementCount > 0);
  holder.prepend(back);
}
