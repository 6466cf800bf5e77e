// What the page starts with: the widgets for its kind of input, the examples, and the first computation.

const widgets = []; // each shows an input: {name, show(data or entered), renew()}
const bars = new Bars(document.getElementById("bars"), PAGE.answer, (output) => {
  state.chosen = output;
  state.gradients = null;
  draw();
});

function buildForm() {
  const holder = document.getElementById("form"), { form } = PAGE;
  const changed = (entered, settled) => enter(entered, settled);
  if (form.kind === "row") widgets.push(new Row(form, changed));
  else if (form.kind === "text") widgets.push(new Sentence(form, { changed, hover: (place, event) => hover(network.inputs[0].name, place === null ? null : Number(place), event) }));
  else for (const [name, given] of Object.entries(form.inputs)) widgets.push(arrayWidget(name, given));
  for (const widget of widgets) holder.append(widget.element);
  document.getElementById("saliency").hidden = network.inputs.length > 1 || network.inputs[0].shape.length !== 3;
}

function arrayWidget(name, given) {
  const known = examples.filter(({ inputs }) => inputs?.[name]);
  const changed = (data, settled) => enter({ inputs: { ...state.entered.inputs, [name]: data } }, settled);
  const size = product(given.shape);
  let widget;
  if (given.pixels || given.shape.length === 3 && size > 64) widget = new Pad(name, given, known, { changed, hover: overPixel(name, given) });
  else if (given.shape.length === 1 && !given.integer && (size === 2 || size === 1 && PAGE.answer.kind === "values"))
    widget = new Plane(name, given, known, PAGE.answer.kind, { changed, answer: (data) => answerAt(name, data) });
  else widget = new Numbers(name, given, changed);
  return Object.assign(widget, { name });
}

// The network's answer if one input were this.
function answerAt(name, data) {
  return answerOf(network.forward(inputsFrom({ inputs: { ...state.entered?.inputs, [name]: data } }, PAGE.form)));
}

// The unit of the network's input under a pixel of the drawing.
function overPixel(name, given) {
  const [channels, height, width] = given.shape, [, down, across] = network.shapes[name];
  return (pixel, event) => {
    if (!pixel) return hover(name, null, event);
    const row = Math.floor((pixel.row + 0.5) * down / height), column = Math.floor((pixel.column + 0.5) * across / width);
    return hover(name, row * across + column, event);
  };
}

function take(example) {
  if (PAGE.form.kind === "arrays") for (const widget of widgets) widget.show(example.inputs[widget.name]);
  else widgets[0].show(example);
  const entered = PAGE.form.kind === "arrays" ? { inputs: example.inputs } : widgets[0].entered;
  state.chosen = null;
  enter(entered, true, example.target);
}

// The examples as small pictures, or as buttons with the beginning of a text or the number of a row.
function buildExamples() {
  const holder = document.getElementById("examples");
  const points = widgets.some((widget) => widget instanceof Plane);
  if (!examples.length || points) {
    document.getElementById("examples-title").hidden = holder.hidden = true;
    return;
  }
  examples.forEach((example, number) => {
    const made = button("", () => take(example), { class: "example", title: "a test example: " + labelOf(example) });
    const [name, given] = Object.entries(PAGE.form.inputs ?? {})[0] ?? [];
    if (given?.shape.length === 3) {
      const [low, high] = given.pixels ? [0, 255] : extent(example.inputs[name]);
      const small = photograph(example.inputs[name], given.shape, low, high);
      const canvas = element("canvas"), side = 36 / Math.max(...given.shape.slice(1));
      const [, height, width] = given.shape;
      sized(canvas, width * side, height * side).drawImage(small, 0, 0, width * side, height * side);
      made.append(canvas);
    } else made.append(element("span", {}, example.text ? `…${[...example.text].slice(-14).map(sign).join("")}` : `row ${number + 1}`));
    made.append(element("span", { class: "faint" }, labelOf(example)));
    holder.append(made);
  });
}

function labelOf({ target }) {
  if (PAGE.answer.kind === "values") {
    const { mean, std } = PAGE.answer;
    return [target].flat().slice(0, 2).map((value, i) => digits(std.length ? value * std[i] + mean[i] : value)).join(", ");
  }
  if (Array.isArray(target)) return PAGE.answer.names.filter((_, label) => target[label] > 0.5).join(", ") || "none";
  return visible(PAGE.answer.names[target] ?? String(target));
}

function help() {
  const own = {
    row: "Change a value of the row; up and down move numbers, an empty field is a missing value.",
    text: "Type: the network says which character comes next. Point at a character to see what a space in its place would change.",
    arrays: widgets.some((widget) => widget instanceof Pad)
      ? "Draw; drop, paste or open a picture; or take a test example. With the keyboard: arrow keys, space, delete."
      : "Move the point or change the numbers, with the pointer or the arrow keys.",
  };
  return [
    own[PAGE.form.kind],
    "Point at a unit: a frame marks what it reads, and the card shows the formula with its numbers.",
    "Click a unit to switch its channel off, “off” for a layer. Faint bars show the answer before.",
    "Click an answer to see its gradient, by backpropagation through every layer.",
    "Point at an input while the layers show the change: this is how far one number reaches.",
    "Everything is computed in this page, with the weights inside it. Nothing leaves it.",
  ];
}

function start() {
  readColours();
  document.getElementById("title").textContent = PAGE.title;
  document.getElementById("about").textContent = PAGE.about.join(" · ");
  document.getElementById("views").append(...Object.entries(VIEWS).map(([view, text]) =>
    button(text, () => see(view), { "data-view": view, "aria-pressed": String(view === state.view) })));
  document.getElementById("all-on").addEventListener("click", () => {
    network.silent.clear();
    renew();
  });
  buildForm();
  buildExamples();
  buildNetwork();
  document.querySelector("details").open = document.getElementById("examples").hidden;
  document.getElementById("help").append(...help().map((line) => element("li", {}, line)));
  if (examples.length) take(examples[0]);
  else enter(PAGE.form.kind === "arrays" ? { inputs: Object.fromEntries(widgets.map(({ name, data }) => [name, data])) } : widgets[0].entered, true);
  compute();
  for (const widget of widgets) widget.renew?.();
}

addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  widgets.find((widget) => widget instanceof Pad)?.take(event.dataTransfer.files[0]);
});
addEventListener("paste", (event) => widgets.find((widget) => widget instanceof Pad)?.take(event.clipboardData.files[0]));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readColours();
  renew();
});

start();
