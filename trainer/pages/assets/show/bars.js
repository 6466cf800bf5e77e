// The network's answer: a bar for each class or label, or the values; faint bars show the answer before a change.

const MOST_BARS = 12;

class Bars {
  // given: kind, names; choose(output) is called for the output whose gradient is wanted.
  constructor(holder, given, choose) {
    this.holder = holder;
    this.given = given;
    this.choose = choose;
    this.rows = [];
    const longest = Math.max(...given.names.map((_, output) => this.name(output).length));
    holder.style.setProperty("--name", `${Math.min(13, longest + 2)}ch`);
  }

  // answer, before: numbers for people; chosen: an output; target: of the example, or null.
  draw(answer, before, chosen, target) {
    const order = this.order(answer, chosen);
    if (order.length !== this.rows.length) this.build(order.length);
    const [low, high] = this.given.kind === "values" ? [0, Math.max(largestSize(answer), largestSize(before)) || 1] : [0, 1];
    order.forEach((output, place) => {
      const row = this.rows[place];
      row.output = output;
      const share = (value) => `${100 * Math.min(1, Math.max(0, (Math.abs(value) - low) / (high - low)))}%`;
      row.name.textContent = this.name(output) + (this.isTarget(output, target) ? " ●" : "");
      row.name.title = this.isTarget(output, target) ? "the label of this example" : "";
      row.bar.style.width = share(answer[output]);
      row.bar.classList.toggle("negative", answer[output] < 0);
      row.ghost.style.width = share(before[output]);
      row.number.textContent = this.number(answer[output]);
      row.element.setAttribute("aria-pressed", String(output === chosen));
      row.element.setAttribute("aria-label", `${this.name(output)}: ${this.number(answer[output])}; show its gradient`);
    });
  }

  build(count) {
    this.rows = Array.from({ length: count }, () => {
      const row = { name: element("span", { class: "name" }), bar: element("span", { class: "bar" }),
        ghost: element("span", { class: "ghost" }), number: element("span", { class: "number" }) };
      row.element = button("", () => this.choose(row.output), { class: "answer" });
      row.element.append(row.name, element("span", { class: "track" }, row.ghost, row.bar), row.number);
      return row;
    });
    this.holder.replaceChildren(...this.rows.map((row) => row.element));
  }

  // Few classes keep their order; of many the likeliest are shown, and the chosen one.
  order(answer, chosen) {
    const all = Array.from(answer, (_, output) => output);
    if (all.length <= MOST_BARS) return all;
    const first = all.toSorted((a, b) => answer[b] - answer[a]).slice(0, MOST_BARS);
    return first.includes(chosen) ? first : [...first.slice(0, -1), chosen];
  }

  name(output) {
    return visible(this.given.names[output] ?? String(output));
  }

  number(value) {
    return this.given.kind === "values" ? digits(value) : `${(100 * value).toFixed(1)} %`;
  }

  isTarget(output, target) {
    if (target === null || this.given.kind === "values") return false;
    return Array.isArray(target) ? target[output] > 0.5 : target === output;
  }

  // The network's answer in a few words.
  verdict(answer) {
    const best = answer.indexOf(Math.max(...answer));
    if (this.given.kind === "classes") return `“${this.name(best)}”, ${this.number(answer[best])}`;
    if (this.given.kind === "values") {
      const alone = answer.length === 1 && this.name(0) !== "value" ? `${this.name(0)}: ` : "";
      return alone + Array.from(answer.slice(0, 3), digits).join(", ") + (answer.length > 3 ? ", …" : "");
    }
    const found = this.given.names.filter((_, label) => answer[label] > 0.5);
    return found.length ? found.slice(0, 3).join(", ") : "no label";
  }
}

// Names of invisible characters.
function visible(text) {
  const named = { " ": "space", "\n": "line break", "\t": "tab", "\ufffd": "unknown" }[text];
  if (named || !/^[\p{C}\p{M}]$/u.test(text)) return named ?? text;
  return /\p{M}/u.test(text) ? `◌${text}` : `U+${text.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
