// Inputs that are typed: a row of a table, a text, numbers. Each entry has an `element`, show(entered), and tells
// changed(entered, settled).

class Row {
  constructor(form, changed) {
    this.features = form.features;
    this.row = this.features.map((feature) => (feature.kind === "category" ? Math.min(1, feature.levels.length) : feature.median));
    this.fields = this.features.map((feature, i) => this.field(feature, (value) => {
      this.row[i] = value;
      changed({ row: [...this.row] }, true);
    }));
    this.element = element("div", { class: "row" }, ...this.features.map(({ name }, i) =>
      element("label", {}, element("span", { title: name }, name), this.fields[i])));
  }

  field({ kind, levels, median, deviation, indicator }, tell) {
    if (kind === "category")
      return element("select", { change: (event) => tell(Number(event.target.value)) },
        ...["(other)", ...levels].map((level, place) => element("option", { value: place }, level)));
    if (kind === "yes/no")
      return element("select", { change: (event) => tell(event.target.value === "" ? NaN : Number(event.target.value)) },
        ...[["1", "yes"], ["0", "no"], ...(indicator ? [["", "missing"]] : [])].map(([value, text]) => element("option", { value }, text)));
    if (kind === "date")
      return element("input", { type: "date", value: dayText(median), input: (event) => tell(event.target.valueAsNumber / 86_400_000) });
    const step = 10 ** Math.floor(Math.log10(deviation / 5 || 1));
    return element("input", { type: "number", step: "any", value: median, placeholder: "missing", "data-step": step,
      input: (event) => tell(event.target.valueAsNumber), keydown: stepped });
  }

  show({ row }) {
    this.row = row.map((value) => value ?? NaN);
    this.row.forEach((value, i) => {
      this.fields[i].value = Number.isNaN(value) ? "" : this.features[i].kind === "date" ? dayText(value) : value;
    });
  }

  get entered() {
    return { row: [...this.row] };
  }
}

function dayText(days) {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

// Arrow keys change a number by a step that suits its column.
function stepped(event) {
  const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (!direction) return;
  const step = Number(event.target.dataset.step);
  const value = (Number.isNaN(event.target.valueAsNumber) ? 0 : event.target.valueAsNumber) + direction * step;
  event.target.value = Number(value.toPrecision(6));
  event.target.dispatchEvent(new Event("input"));
  event.preventDefault();
}

class Sentence {
  // next() gives the likeliest next character.
  constructor(form, changed, next) {
    this.area = element("textarea", { rows: 5, spellcheck: "false", "aria-label": "text", input: () => changed(this.entered, true) });
    this.element = element("div", {}, this.area,
      element("p", { class: "faint" }, `The network sees the last ${form.context} characters and says what comes next.`),
      element("div", { class: "tools" }, button("Add the likeliest", () => {
        this.area.value += next();
        changed(this.entered, true);
      })));
  }

  show({ text }) {
    this.area.value = text;
  }

  get entered() {
    return { text: this.area.value };
  }
}

// The numbers of an array: a field each, in its rows; of many, a text with all of them.
class Numbers {
  constructor(name, given, changed) {
    this.shape = given.shape;
    this.size = product(given.shape);
    const few = this.size <= 64, tell = () => changed(this.data, true);
    this.fields = few ? Array.from({ length: this.size }, (_, i) => element("input", {
      type: "number", step: given.integer ? 1 : "any", "data-step": given.integer ? 1 : 0.1, value: 0,
      "aria-label": `${name}, number ${i}`, input: tell, keydown: stepped })) : [];
    this.area = few ? null : element("textarea", { rows: 8, "aria-label": `${name}: ${this.size} numbers`, input: tell });
    const columns = given.shape.length > 1 ? given.shape.at(-1) : Math.min(this.size, 4);
    this.element = element("div", { class: "numbers", style: `--columns: ${columns}` }, ...(few ? this.fields : [this.area]));
    this.show(zeros(this.shape));
  }

  show(data) {
    const shown = Array.from(data, (value) => Number(value.toPrecision(6)));
    this.fields.forEach((field, i) => { field.value = shown[i]; });
    if (this.area) this.area.value = shown.join(", ");
  }

  get data() {
    const texts = this.area ? this.area.value.split(/[\s,;]+/) : this.fields.map((field) => field.value);
    return Float64Array.from({ length: this.size }, (_, i) => Number(texts[i]) || 0);
  }
}
