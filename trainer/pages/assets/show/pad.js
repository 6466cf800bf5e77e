// A picture to draw on: it paints the stored pixels, so the network gets exactly what is shown.

const PAD = 224; // CSS pixels of the longer side

// The values of pixels, or of arrays that look like pictures, that count as black and white.
function range(given, examples, name) {
  if (given.pixels) return [0, 255];
  const all = examples.map((example) => extent(example.inputs[name]));
  return all.length ? [Math.min(...all.map(([low]) => low)), Math.max(...all.map(([, high]) => high))] : [0, 1];
}

// The background to draw on: what most borders of the examples show.
function ground(examples, name, [channels, height, width], [low, high]) {
  const border = [];
  for (const { inputs } of examples)
    for (let i = 0; i < channels * height * width; i++) {
      const [, row, column] = placeOf([channels, height, width], i);
      if (row === 0 || column === 0 || row === height - 1 || column === width - 1) border.push(inputs[name][i]);
    }
  border.sort((a, b) => a - b);
  const middle = border[Math.floor(border.length / 2)] ?? low;
  return middle > (low + high) / 2 ? high : low;
}

class Pad {
  // changed(data, settled) is called with every stroke; hover({row, column} | null, event) for the pixel under the pointer.
  constructor(name, given, examples, { changed, hover }) {
    Object.assign(this, { given, changed, hover });
    this.shape = given.shape.length === 3 ? given.shape : [1, given.shape[0], given.shape[1]];
    const [channels, height, width] = this.shape;
    this.range = range(given, examples, name);
    this.ground = ground(examples, name, this.shape, this.range);
    this.data = zeros(this.shape).fill(this.ground);
    this.scale = PAD / Math.max(height, width);
    this.cursor = [height >> 1, width >> 1];
    this.canvas = element("canvas", {
      class: "pad", tabindex: 0, role: "application",
      "aria-label": `drawing, ${width} by ${height}: arrow keys move, space draws, delete erases`,
      pointerdown: (event) => this.down(event), pointermove: (event) => this.move(event),
      pointerup: (event) => this.up(event), pointercancel: (event) => this.up(event),
      pointerleave: (event) => { this.hover(null, event); this.drawCursor(false); },
      keydown: (event) => this.key(event), blur: (event) => { this.hover(null, event); this.drawCursor(false); },
    });
    this.context = sized(this.canvas, width * this.scale, height * this.scale);
    this.context.imageSmoothingEnabled = given.transforms.some(({ kind }) => kind === "Resize");
    this.colour = channels === 3 ? element("input", { type: "color", value: this.ground ? "#000000" : "#ffffff", "aria-label": "colour of the pen" }) : null;
    this.eraser = button("Eraser", () => this.eraser.setAttribute("aria-pressed", String(!this.erases)), { "aria-pressed": "false" });
    const file = element("input", { type: "file", accept: "image/*", hidden: true, change: () => this.take(file.files[0]) });
    this.element = element("div", {}, this.canvas, element("div", { class: "tools" },
      this.colour, this.eraser,
      button("Clear", () => this.set(this.data.map(() => this.ground))),
      button("Centre", () => this.set(this.centred())),
      button("Invert", () => this.set(this.data.map((value) => this.range[0] + this.range[1] - value))),
      button("Open…", () => file.click(), { title: "or drop or paste a picture" }), file));
  }

  get erases() {
    return this.eraser.getAttribute("aria-pressed") === "true";
  }

  set(data, settled = true) {
    this.data = Float64Array.from(data);
    this.draw();
    this.changed(this.data, settled);
  }

  // Show data without calling `changed`.
  show(data) {
    this.data = Float64Array.from(data);
    this.draw();
  }

  draw() {
    const [, height, width] = this.shape;
    this.context.drawImage(photograph(this.data, this.shape, ...this.range), 0, 0, width * this.scale, height * this.scale);
  }

  drawCursor(visible) {
    this.draw();
    if (!visible) return;
    this.context.strokeStyle = css(COLOURS.orange);
    this.context.lineWidth = 2;
    this.context.strokeRect(this.cursor[1] * this.scale + 1, this.cursor[0] * this.scale + 1, this.scale - 2, this.scale - 2);
  }

  // The value that the pen paints in a channel.
  ink(channel) {
    if (this.erases) return this.ground;
    const [low, high] = this.range;
    if (!this.colour) return this.ground === low ? high : low;
    return low + (high - low) * parseInt(this.colour.value.slice(1 + 2 * channel, 3 + 2 * channel), 16) / 255;
  }

  // Paint a stroke between two points in pixels: whole inside the pen's radius, less towards its edge.
  stroke([x0, y0], [x1, y1]) {
    const [channels, height, width] = this.shape;
    const radius = Math.max(0.45, Math.max(height, width) / 28), length = Math.hypot(x1 - x0, y1 - y0) || 1;
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const [x, y] = [column + 0.5 - x0, row + 0.5 - y0];
        const along = Math.min(1, Math.max(0, (x * (x1 - x0) + y * (y1 - y0)) / length ** 2));
        const distance = Math.hypot(x - along * (x1 - x0), y - along * (y1 - y0));
        const cover = Math.min(1, Math.max(0, radius + 0.5 - distance));
        if (!cover) continue;
        for (let c = 0; c < channels; c++) {
          const place = (c * height + row) * width + column, ink = this.ink(c);
          const painted = this.ground + (ink - this.ground) * cover;
          const nearer = Math.abs(painted - ink) < Math.abs(this.data[place] - ink);
          if (this.erases || this.colour) this.data[place] += (ink - this.data[place]) * cover;
          else if (nearer) this.data[place] = painted;
        }
      }
  }

  at(event) {
    return [event.offsetX / this.scale, event.offsetY / this.scale];
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.at(event);
    this.move(event);
  }

  move(event) {
    const [, height, width] = this.shape, point = this.at(event);
    if (this.last) {
      this.stroke(this.last, point);
      this.last = point;
      this.draw();
      this.changed(this.data, false);
      return;
    }
    const [column, row] = point.map(Math.floor);
    this.hover(row >= 0 && row < height && column >= 0 && column < width ? { row, column } : null, event);
  }

  up() {
    if (this.last) this.changed(this.data, true);
    this.last = null;
  }

  key(event) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const [, height, width] = this.shape;
    if (step) {
      this.cursor = [Math.min(height - 1, Math.max(0, this.cursor[0] + step[0])), Math.min(width - 1, Math.max(0, this.cursor[1] + step[1]))];
      this.hover({ row: this.cursor[0], column: this.cursor[1] }, event);
    } else if ([" ", "Delete", "Backspace"].includes(event.key)) {
      const [row, column] = this.cursor, erased = event.key !== " ";
      for (let c = 0; c < this.shape[0]; c++) this.data[(c * height + row) * width + column] = erased ? this.ground : this.ink(c);
      this.changed(this.data, true);
    } else return;
    event.preventDefault();
    this.drawCursor(true);
  }

  // The same picture with its centre of mass in the middle, as MNIST's digits have it.
  centred() {
    const [, height, width] = this.shape;
    let mass = 0, down = 0, across = 0;
    this.data.forEach((value, i) => {
      const [, row, column] = placeOf(this.shape, i), weight = Math.abs(value - this.ground);
      mass += weight;
      down += weight * (row + 0.5);
      across += weight * (column + 0.5);
    });
    if (!mass) return this.data;
    const [dy, dx] = [Math.round(height / 2 - down / mass), Math.round(width / 2 - across / mass)];
    return this.data.map((_, i) => {
      const [c, row, column] = placeOf(this.shape, i), [y, x] = [row - dy, column - dx];
      return y >= 0 && y < height && x >= 0 && x < width ? this.data[(c * height + y) * width + x] : this.ground;
    });
  }

  // Take a picture from a file: cropped in the middle, as `trainer predict` does.
  async take(file) {
    if (!file?.type.startsWith("image/")) return;
    const image = await createImageBitmap(file);
    const [channels, height, width] = this.shape;
    const share = Math.max(width / image.width, height / image.height);
    const canvas = element("canvas", { width, height }), context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
    const [across, down] = [image.width * share, image.height * share];
    context.drawImage(image, (width - across) / 2, (height - down) / 2, across, down);
    const { data } = context.getImageData(0, 0, width, height);
    const [low, high] = this.range;
    this.set(this.data.map((_, i) => {
      const [c, row, column] = placeOf(this.shape, i), start = 4 * (row * width + column);
      const level = channels === 3 ? data[start + c] : 0.299 * data[start] + 0.587 * data[start + 1] + 0.114 * data[start + 2];
      return low + (high - low) * Math.round(level) / 255;
    }));
  }
}
