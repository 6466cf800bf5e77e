// Inputs that are typed: a row of a table, numbers. Each entry has an `element` and show(entered), and calls
// changed(entered, settled).

class Row {
  constructor(form, changed) {
    this.features = form.features;
    this.row = this.features.map((feature) => (feature.kind === "category" ? Math.min(1, feature.levels.length) : feature.median));
    this.fields = this.features.map((feature, i) => this.field(feature, (value) => {
      this.row[i] = value;
      this.judge();
      changed({ row: [...this.row] }, true);
    }));
    this.notes = element("div", { class: "notes", role: "status" });
    this.element = element("div", {}, element("div", { class: "row" }, ...this.features.map(({ name }, i) =>
      element("label", {}, element("span", { title: name }, name), this.fields[i]))), this.notes);
  }

  field({ kind, levels, median, deviation, indicator }, tell) {
    if (kind === "category")
      return element("select", { change: (event) => tell(Number(event.target.value)) },
        ...["(other or missing)", ...levels].map((level, place) => element("option", { value: place }, level)));
    if (kind === "yes/no")
      return element("select", { change: (event) => tell(event.target.value === "" ? NaN : Number(event.target.value)) },
        ...[["1", "yes"], ["0", "no"], ["", "missing"]].map(([value, text]) => element("option", { value }, text)));
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
    this.judge();
  }

  // Show which values are unlike those in training.
  judge() {
    const notes = this.features.map((feature, i) => remarkOn(feature, this.row[i]));
    notes.forEach((note, i) => this.fields[i].classList.toggle("far", note !== ""));
    this.notes.replaceChildren(...notes.filter(Boolean).map((note) => element("p", {}, note)));
  }

  get entered() {
    return { row: [...this.row] };
  }
}

// A line on a value of a row that is unlike those in training; empty for others.
function remarkOn({ name, kind, median, indicator, least, most }, value) {
  if (kind === "category") return "";
  const shown = kind === "date" ? dayText : kind === "yes/no" ? (number) => ["no", "yes"][number] ?? number
    : (number) => Number(number.toPrecision(6));
  if (Number.isNaN(value))
    return indicator ? "" : `${name}: none was missing in the training; the median ${shown(median)} is used.`;
  const slack = 1e-5 * Math.max(Math.abs(value), most - least); // an example in float32 has no more digits
  if (least === null || value >= least - slack && value <= most + slack) return "";
  return `${name}: the training had ${shown(least)} to ${shown(most)} only.`;
}

// How a number of a row becomes an input of the network, in words; null for other inputs.
function standardised({ features }, row, unit) {
  let place = 0;
  for (const [i, { name, kind, embedded, levels, indicator, median, mean, deviation, quantiles }] of features.entries()) {
    if (embedded) continue;
    if (place === unit && kind !== "category") {
      const value = Number.isNaN(row[i]) ? median : row[i];
      return quantiles.length ? `${name} ${digits(value)}, brought to a normal distribution by its quantiles`
        : `(${digits(value)} − ${factor(mean)}) / ${digits(deviation)}`;
    }
    place += kind === "category" ? levels.length + 1 : 1 + indicator;
  }
  return null;
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
