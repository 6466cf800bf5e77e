// A text that is typed: its characters as the network sees them, and how much each of them counts.

const TEMPERATURE = 0.8; // at which it writes, as `trainer predict` does
const PAUSE = 90; // milliseconds between two characters

class Sentence {
  // changed(entered, settled) is called for a new text, hover(place, event) for the character under the pointer.
  constructor(form, { changed, hover }) {
    this.form = form;
    this.tell = () => changed(this.entered, true);
    this.area = element("textarea", { rows: 5, spellcheck: "false", "aria-label": "text", input: () => {
      this.stop();
      this.tell();
    } });
    this.tiles = element("div", { class: "tiles", "aria-hidden": "true", click: (event) => hover(event.target.dataset.place ?? null, event),
      pointerleave: (event) => event.pointerType === "mouse" && hover(null, event),
      pointermove: (event) => hover(event.target.dataset.place ?? null, event) },
      ...Array.from({ length: form.context }, (_, place) => element("span", { "data-place": place })));
    this.legend = element("p", { class: "faint" });
    this.unknown = element("p", { class: "unknown", role: "status" });
    this.writer = button("Let it write", () => (this.writing ? this.stop() : this.write()));
    this.element = element("div", {}, this.area,
      element("div", { class: "tools" }, button("Add the likeliest", () => this.add(nextCharacter())), this.writer),
      element("p", { class: "faint" }, `The last ${form.context} characters, which it sees:`),
      this.tiles, this.legend, this.unknown);
  }

  show({ text }) {
    this.stop();
    this.area.value = text;
  }

  add(character) {
    this.area.value += character;
    this.area.scrollTop = this.area.scrollHeight;
    this.tell();
  }

  write() {
    this.writer.textContent = "Stop";
    this.writing = setInterval(() => state.pending || this.add(drawnCharacter()), PAUSE);
  }

  stop() {
    clearInterval(this.writing);
    this.writing = null;
    this.writer.textContent = "Let it write";
  }

  // weights: how much each character of the window counts for the answer `name`.
  colour(weights, name) {
    const { context, vocabulary, filling } = this.form;
    const typed = [...this.area.value].slice(-context), filled = context - typed.length;
    const most = largestSize(weights) || 1;
    [...this.tiles.children].forEach((tile, place) => {
      const character = place < filled ? filling : typed[place - filled];
      tile.textContent = sign(character);
      tile.style.background = css(signed(weights[place] / most));
      tile.classList.toggle("filled", place < filled);
      tile.classList.toggle("unknown", !vocabulary.includes(character));
    });
    this.legend.textContent = `Blue: evidence for ${name}; orange: against it (gradient × vector).`
      + (filled ? ` A shorter text is filled up on the left, with ${{ "\n": "line breaks", " ": "spaces" }[filling] ?? "unknown characters"}.` : "");
    const unknown = [...new Set(typed)].filter((character) => !vocabulary.includes(character));
    this.unknown.textContent = unknown.length ? `Not in the training: ${unknown.map(nameOf).join(" ")}, taken for one unknown character.` : "";
  }

  get entered() {
    return { text: this.area.value };
  }
}

// The characters that may come next, without the unknown one.
function known(answer) {
  return answer.length > 1 ? Array.from(answer).slice(1) : Array.from(answer);
}

function nextCharacter() {
  const p = known(answerOf(state.values));
  return PAGE.form.vocabulary.at(p.indexOf(Math.max(...p)) - p.length);
}

function drawnCharacter() {
  const p = known(answerOf(state.values)).map((each) => each ** (1 / TEMPERATURE));
  let left = Math.random() * p.reduce((a, b) => a + b, 0);
  const place = p.findIndex((each) => (left -= each) < 0);
  return place < 0 ? nextCharacter() : PAGE.form.vocabulary.at(place - p.length);
}

// How much each character of the window counts for the chosen output: Σ gradient · vector.
function characterWeights() {
  const { name, shape } = network.inputs[0], weights = zeros(shape);
  for (const node of network.nodes) {
    if (node.kind !== "Embedding" || node.inputs[0] !== name || !gradients()[node.name]) continue;
    gradients()[node.name].forEach((slope, unit) => { weights[unit % weights.length] += slope * state.values[node.name][unit]; });
  }
  return weights;
}

// The input's column shows characters: their weights where others show gradients, and which ones have changed.
function drawCharacters(column) {
  const now = state.values[column.name], then = state.before[column.name];
  const shown = {
    values: () => zeros(column.shape),
    gradients: characterWeights,
    change: () => now.map((place, i) => Number(place !== then[i])),
  }[state.view]();
  const most = largestSize(shown);
  column.draw(shown, (value) => signed(value / (most || 1)), (channel) => network.isSilent(column.name, channel),
    state.view === "gradients" ? `±${digits(most)}` : "");
  column.write(Array.from(now, (place) => sign(PAGE.form.vocabulary[place])));
}

// A character in visible form.
function sign(character) {
  const known = { " ": "\u00a0", "\n": "¶", "\t": "→" }[character];
  return known ?? (/^\p{C}$/u.test(character) ? "·" : /^\p{M}$/u.test(character) ? `◌${character}` : character);
}

function nameOf(character) {
  const name = visible(character);
  return name === character ? `“${character}”` : name;
}
