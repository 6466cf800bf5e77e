// Inputs of two numbers are points of a plane, coloured by the network's answer; of one number, a curve.

const FINEST = 4; // CSS pixels of a cell of the plane

class Plane {
  // answer(data) computes the network's answer at a point; kind as in PAGE.answer.
  constructor(name, given, examples, kind, { changed, answer }) {
    Object.assign(this, { kind, changed, answer });
    this.flat = product(given.shape) === 1;
    this.points = examples.map(({ inputs, target }) => ({ at: [...inputs[name]], target }));
    this.spans = [0, 1].map((axis) => this.span(this.points.map((point) =>
      axis === 1 && this.flat ? [point.target].flat()[0] : point.at[axis])));
    this.data = Float64Array.from(given.shape, () => 0);
    this.canvas = element("canvas", {
      class: "pad", tabindex: 0, role: "application", "aria-label": "a point: arrow keys move it",
      pointerdown: (event) => { this.canvas.setPointerCapture(event.pointerId); this.held = true; this.move(event); },
      pointermove: (event) => this.held && this.move(event),
      pointerup: () => { this.held = false; this.changed(this.data, true); },
      keydown: (event) => this.key(event),
    });
    this.context = sized(this.canvas, PAD, PAD);
    this.where = element("p", { class: "number" });
    this.element = element("div", {}, this.canvas, this.where);
  }

  span(values) {
    const [low, high] = values.length ? extent(values) : [-1, 1];
    const margin = 0.15 * (high - low || 2);
    return [low - margin, high + margin];
  }

  // Between values and CSS pixels; the second axis points upwards.
  toPixel(axis, value) {
    const [low, high] = this.spans[axis], share = (value - low) / (high - low);
    return PAD * (axis ? 1 - share : share);
  }

  toValue(axis, pixel) {
    const [low, high] = this.spans[axis], share = pixel / PAD;
    return low + (high - low) * (axis ? 1 - share : share);
  }

  show(data) {
    this.data = Float64Array.from(data);
    this.draw();
  }

  // The network has changed: colour the plane again, coarsely at first.
  renew(cell = 4 * FINEST) {
    clearTimeout(this.finer);
    const count = PAD / cell;
    if (this.flat) {
      this.line = Array.from({ length: 113 }, (_, i) => this.answer(Float64Array.of(this.toValue(0, i * PAD / 112)))[0]);
    } else {
      const found = Array.from({ length: count * count }, (_, i) =>
        this.answer(Float64Array.of(this.toValue(0, (i % count + 0.5) * cell), this.toValue(1, (Math.floor(i / count) + 0.5) * cell))));
      const most = this.kind === "values" ? largestSize(found.map(([value]) => value)) || 1 : 1;
      this.ground = picture(count, count, (i) => this.tint(found[i], most));
      if (cell > FINEST) this.finer = setTimeout(() => this.renew(cell / 2), 30);
    }
    this.draw();
  }

  // The colour of the likeliest class, fainter where the network is unsure.
  tint(answer, most) {
    if (this.kind === "values") return signed(0.8 * answer[0] / most);
    const best = answer.indexOf(Math.max(...answer)), even = this.kind === "classes" ? 1 / answer.length : 0.5;
    if (this.kind === "labels" && answer[best] < 0.5) return COLOURS.card;
    return mixed(COLOURS.paper, this.colour(best), 0.1 + 0.5 * (answer[best] - even) / (1 - even || 1));
  }

  colour(label) {
    return COLOURS[CLASS_COLOURS[label % CLASS_COLOURS.length]];
  }

  draw() {
    const { context } = this;
    context.fillStyle = css(COLOURS.card);
    context.fillRect(0, 0, PAD, PAD);
    if (this.ground) {
      context.imageSmoothingEnabled = true;
      context.drawImage(this.ground, 0, 0, PAD, PAD);
    }
    for (const { at, target } of this.points) {
      const label = [target].flat();
      const y = this.flat ? label[0] : at[1];
      this.dot(at[0], y, 2, this.flat || this.kind === "values" ? COLOURS.faint : this.colour(label.length > 1 ? label.indexOf(1) : label[0]), 0.8);
    }
    if (this.line) {
      context.strokeStyle = css(COLOURS.blue);
      context.lineWidth = 2;
      context.beginPath();
      this.line.forEach((value, i) => context.lineTo(i * PAD / 112, this.toPixel(1, value)));
      context.stroke();
    }
    const value = this.flat ? this.answer(this.data)[0] : this.data[1];
    this.dot(this.data[0], value, 7, COLOURS.paper, 1);
    this.dot(this.data[0], value, 5, COLOURS.ink, 1);
    this.where.textContent = this.flat ? `x = ${digits(this.data[0])}, y = ${digits(value)}` : `(${digits(this.data[0])}, ${digits(this.data[1])})`;
  }

  dot(x, y, radius, colour, alpha) {
    this.context.fillStyle = css(colour, alpha);
    this.context.beginPath();
    this.context.arc(this.toPixel(0, x), this.toPixel(1, y), radius, 0, 2 * Math.PI);
    this.context.fill();
  }

  move(event) {
    this.to(this.data.map((_, axis) => this.toValue(axis, axis ? event.offsetY : event.offsetX)), false);
  }

  to(data, settled) {
    this.data = data;
    this.draw();
    this.changed(this.data, settled);
  }

  key(event) {
    const step = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!step) return;
    this.to(this.data.map((value, axis) => value + step[axis] * (this.spans[axis][1] - this.spans[axis][0]) / 50), true);
    event.preventDefault();
  }
}
