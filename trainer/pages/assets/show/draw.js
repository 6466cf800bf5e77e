// Elements, colours, and pictures of arrays.

// A new element with attributes (functions become listeners) and children.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function button(text, does, attributes = {}) {
  return element("button", { type: "button", click: does, ...attributes }, text);
}

// The colours of page.css as [red, green, blue], read again whenever light and dark change.
const COLOURS = {};
const CLASS_COLOURS = ["blue", "orange", "green", "purple", "red", "grey"];

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "card", "ink", "faint", "line", ...CLASS_COLOURS]) {
    const hex = style.getPropertyValue(`--${name}`).trim();
    COLOURS[name] = [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
  }
}

function css([red, green, blue], alpha = 1) {
  return `rgb(${red} ${green} ${blue} / ${alpha})`;
}

function mixed(from, to, share) {
  return from.map((part, i) => part + (to[i] - part) * share);
}

// Blue for positive, orange for negative, the deeper the larger; share is in [−1, 1].
function signed(share) {
  return mixed(COLOURS.paper, share < 0 ? COLOURS.orange : COLOURS.blue, Math.min(1, Math.abs(share)) ** 0.8);
}

function grey(share) {
  return mixed([0, 0, 0], [255, 255, 255], Math.min(1, Math.max(0, share)));
}

function largestSize(values) {
  let most = 0;
  for (const value of values) if (Math.abs(value) > most) most = Math.abs(value);
  return most;
}

function extent(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

// A canvas of so many CSS pixels, sharp on any screen; context.scale is set.
function sized(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  return context;
}

// A picture with one pixel for each place; colour(place) gives [red, green, blue].
function picture(height, width, colour) {
  const made = element("canvas", { width, height });
  const context = made.getContext("2d");
  const image = context.createImageData(width, height);
  for (let place = 0; place < height * width; place++) {
    const [red, green, blue] = colour(place);
    image.data.set([red, green, blue, 255], 4 * place);
  }
  context.putImageData(image, 0, 0);
  return made;
}

// An image (C, H, W) of values between low and high as people see it: grey, or colour if it has three channels.
function photograph(x, [channels, height, width], low, high) {
  const share = (value) => (value - low) / (high - low || 1);
  return picture(height, width, (place) =>
    channels === 3
      ? [0, 1, 2].map((c) => 255 * Math.min(1, Math.max(0, share(x[c * height * width + place]))))
      : grey(share(x[place])));
}
