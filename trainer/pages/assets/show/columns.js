// One column for each layer: its channels as small maps, a vector as a stack of cells.

const TALLEST = 360; // CSS pixels of a column

// How an array is laid out: maps of height × width cells of `cell` pixels, stacked in columns.
function arrangement(shape, wanted = null) {
  const [maps, height, width] = shape.length >= 3 ? [shape[0], shape[1], product(shape.slice(2))]
    : shape.length === 2 ? [1, ...shape] : [shape[0] ?? 1, 1, 1];
  const few = maps <= (height * width === 1 ? 16 : 8);
  const [largest, room] = shape.length === 2 ? [8, 150] : few ? [22, 56] : [11, 28 + width];
  const cell = wanted ?? Math.min(largest, Math.max(1, Math.round(room / width)));
  const gap = height * width === 1 ? 1 : 4;
  const stacked = Math.min(maps, Math.max(1, Math.floor(TALLEST / (height * cell + gap))));
  return {
    maps, height, width, cell, gap, stacked,
    across: Math.ceil(maps / stacked) * (width * cell + gap) - gap,
    down: stacked * (height * cell + gap) - gap,
    // The corner of a map, and the map and place at a point.
    corner: (map) => [Math.floor(map / stacked) * (width * cell + gap), (map % stacked) * (height * cell + gap)],
    at(x, y) {
      const side = Math.floor(x / (width * cell + gap)), row = Math.floor(y / (height * cell + gap));
      const map = side * stacked + row;
      const [left, top] = this.corner(map);
      const column = Math.floor((x - left) / cell), line = Math.floor((y - top) / cell);
      if (row < 0 || row >= stacked || side < 0 || map >= maps) return null;
      if (height * width === 1) return map;
      return column < width && line < height ? (map * height + line) * width + column : null;
    },
  };
}

class Column {
  // name: of a node or an input; says: lines of its heading; cell: pixels of one, or null;
  // on: {hover(unit | null, event), choose(unit, event)}.
  constructor(name, shape, says, cell, on) {
    this.name = name;
    this.shape = shape;
    this.form = arrangement(shape, cell);
    this.unit = 0; // where the keyboard is
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.marks = element("canvas", {
      class: "marks", tabindex: 0, role: "application",
      "aria-label": `${says.join(", ")}: arrow keys go through its units, Enter switches a channel off and on`,
      pointermove: (event) => on.hover(this.under(event), event),
      pointerleave: (event) => event.pointerType === "mouse" && on.hover(null, event),
      click: (event) => this.under(event) !== null && on.choose(this.under(event), event),
      keydown: (event) => this.key(event, on),
      focus: (event) => event.target.matches(":focus-visible") && on.hover(this.unit, event),
      blur: (event) => on.hover(null, event),
    });
    const [title, ...lines] = says;
    const group = title.includes(".") ? title.slice(0, title.lastIndexOf(".")) : "";
    this.off = button("off", () => on.layer(), { class: "off", "aria-pressed": "false", title: `switch all of ${name} off and on` });
    this.scale = element("span", { class: "faint scale" });
    this.element = element("div", { class: "column", "data-name": name },
      element("div", { class: "group faint", title: name }, group || "\u00a0"),
      element("h3", { title: name }, title.slice(group ? group.length + 1 : 0)),
      ...lines.map((line) => element("div", { class: "faint" }, line)),
      element("div", { class: "maps" }, this.canvas, this.marks),
      element("div", { class: "foot" }, this.scale, this.off));
    this.context = sized(this.canvas, this.form.across, this.form.down);
    this.overlay = sized(this.marks, this.form.across, this.form.down);
  }

  under(event) {
    return this.form.at(event.offsetX, event.offsetY);
  }

  // colour(value) gives a colour; isSilent(channel) whether it is switched off.
  draw(values, colour, isSilent, scale) {
    const { maps, height, width, cell } = this.form;
    const whole = picture(maps * height, width, (place) => colour(values[place]));
    this.context.clearRect(0, 0, this.form.across, this.form.down);
    for (let map = 0; map < maps; map++) {
      const [left, top] = this.form.corner(map);
      this.context.drawImage(whole, 0, map * height, width, height, left, top, width * cell, height * cell);
    }
    this.frames(isSilent);
    this.scale.textContent = scale;
  }

  // Write a character into each cell.
  write(signs) {
    const { cell, height, width } = this.form;
    Object.assign(this.context, { fillStyle: css(COLOURS.ink), font: `${cell - 4}px ui-monospace, "DejaVu Sans Mono", monospace`, textAlign: "center", textBaseline: "middle" });
    signs.forEach((text, unit) => {
      const [x, y] = this.form.corner(Math.floor(unit / (height * width)));
      this.context.fillText(text, x + cell / 2, y + cell / 2 + 1);
    });
  }

  frames(isSilent) {
    const { maps, height, width, cell } = this.form;
    const channels = this.shape.length === 2 ? height : maps;
    let silent = 0;
    for (let channel = 0; channel < channels; channel++) {
      const [left, top] = this.shape.length === 2 ? [0, channel * cell] : this.form.corner(channel);
      const [across, down] = [width * cell, this.shape.length === 2 ? cell : height * cell];
      this.context.strokeStyle = css(COLOURS.line);
      this.context.lineWidth = 1;
      if (this.shape.length !== 2) this.context.strokeRect(left + 0.5, top + 0.5, across - 1, down - 1);
      if (!isSilent(channel)) continue;
      silent++;
      this.context.fillStyle = css(COLOURS.card, 0.85);
      this.context.fillRect(left, top, across, down);
      this.context.strokeStyle = css(COLOURS.red);
      this.context.beginPath();
      this.context.moveTo(left + 1, top + down - 1);
      this.context.lineTo(left + across - 1, top + 1);
      this.context.stroke();
    }
    this.off.setAttribute("aria-pressed", String(silent === channels));
  }

  // Frame a unit, or what one of a later layer reads: {unit}, {every}, {channel}, or a window in one channel or every.
  mark({ unit, every, channel, top, left, height, width }, colour) {
    const form = this.form, context = this.overlay;
    const frame = (x, y, across, down) => {
      context.lineWidth = 2;
      context.strokeStyle = css(COLOURS.paper);
      context.strokeRect(x - 1, y - 1, across + 2, down + 2);
      context.strokeStyle = css(COLOURS[colour]);
      context.strokeRect(x, y, across, down);
    };
    if (unit !== undefined) {
      const size = form.height * form.width, [x, y] = form.corner(Math.floor(unit / size));
      const place = unit % size;
      const [row, column] = [Math.floor(place / form.width), place % form.width];
      frame(x + column * form.cell, y + row * form.cell, form.cell, form.cell);
      return;
    }
    if (every && top === undefined) {
      frame(1, 1, form.across - 2, form.down - 2);
      return;
    }
    const maps = every ? Array.from({ length: form.maps }, (_, map) => map) : [channel];
    for (const map of maps) {
      const [x, y] = form.corner(map);
      if (top === undefined) frame(x, y, form.width * form.cell, form.height * form.cell);
      else frame(x + left * form.cell, y + top * form.cell, width * form.cell, height * form.cell);
    }
  }

  unmark() {
    this.overlay.clearRect(0, 0, this.form.across, this.form.down);
  }

  key(event, on) {
    const { height, width, maps, stacked } = this.form, size = height * width, last = product(this.shape) - 1;
    const steps = size === 1 ? { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -stacked, ArrowRight: stacked }
      : { ArrowUp: -width, ArrowDown: width, ArrowLeft: -1, ArrowRight: 1, PageUp: -size, PageDown: size };
    if (event.key in steps) {
      const to = this.unit + steps[event.key];
      if (to >= 0 && to <= last && maps) this.unit = to;
      on.hover(this.unit, event);
    } else if (event.key === "Enter" || event.key === " ") on.choose(this.unit, event);
    else if (event.key === "Escape") on.hover(null, event);
    else return;
    event.preventDefault();
  }
}

// Arcs over the columns for what a layer reads from further back.
function arcs(columns, nodes) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const middle = (name) => {
    const { offsetLeft, offsetWidth } = columns.get(name).element;
    return offsetLeft + offsetWidth / 2;
  };
  const order = [...columns.keys()];
  for (const node of nodes) {
    if (!columns.has(node.name)) continue;
    for (const source of node.inputs) {
      if (!columns.has(source) || order.indexOf(node.name) - order.indexOf(source) === 1) continue;
      const [from, to] = [middle(source), middle(node.name)];
      const path = document.createElementNS(svg.namespaceURI, "path");
      path.setAttribute("d", `M ${from} 27 C ${from} 4, ${to} 4, ${to} 25`);
      const head = document.createElementNS(svg.namespaceURI, "path");
      head.setAttribute("d", `M ${to - 3} 21 L ${to} 27 L ${to + 3} 21`);
      svg.append(path, head);
    }
  }
  svg.setAttribute("aria-hidden", "true");
  return svg;
}
