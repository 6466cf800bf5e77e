// Shows examples: pictures cut from one sheet, or rows; and those behind a cell of the confusion matrix.
"use strict";

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const sheets = new Map();  // address of a sheet -> the loaded image

function sheet(address) {
  if (!sheets.has(address)) {
    const image = new Image();
    image.src = address;
    sheets.set(address, image.decode().then(() => image));
  }
  return sheets.get(address);
}

function picture(examples, place) {
  const { width, height, across } = examples;
  const canvas = element("canvas", { width, height, className: "pixels" });
  canvas.setAttribute("role", "img");
  sheet(examples.sheet).then(image => canvas.getContext("2d").drawImage(
    image, width * (place % across), height * Math.floor(place / across), width, height, 0, 0, width, height));
  return canvas;
}

function guess(item) {
  const kind = item.right === false ? "wrong" : item.right ? "right" : "";
  return element("div", { className: kind }, element("b", { textContent: item.predicted }));
}

function sure(item) {
  return item.p === undefined ? "" : `${(100 * item.p).toFixed(item.p > 0.995 ? 1 : 0)}\u00a0%`;
}

function caption(item) {
  if (item.predicted === undefined) {
    return [element("div", { textContent: item.true }), element("div", { className: "faint", textContent: item.note ?? "" })];
  }
  const rest = [sure(item), item.right ? "" : `is ${item.true}`].filter(Boolean).join(", ");
  return [guess(item), element("div", { className: "faint", textContent: rest }), element("div", { className: "faint", textContent: `#${item.number}` })];
}

function show(gallery, examples, places) {
  if (examples.kind === "pictures") {
    gallery.replaceChildren(...places.map(place => {
      const item = examples.items[place];
      const canvas = picture(examples, place);
      canvas.setAttribute("aria-label", item.predicted === undefined ? item.true : `${item.true}, taken for ${item.predicted}`);
      return element("figure", {}, canvas, element("figcaption", {}, ...caption(item)));
    }));
    return;
  }
  const guessed = examples.items[0]?.predicted !== undefined, claimed = examples.items[0]?.p !== undefined;
  const placed = guessed && examples.items[0].place !== undefined;
  // A text leads to what came next, so it comes before it.
  const joined = (about, cells) => examples.leads ? [...cells, ...about] : [...about, ...cells];
  const names = joined(guessed ? ["predicted", ...(claimed ? ["sure"] : []), "true", "number", ...(placed ? ["in the file"] : [])] : ["true"], examples.header);
  const head = element("tr", {}, ...names.map(name => element("th", { textContent: name })));
  const rows = places.map(place => {
    const item = examples.items[place];
    const about = guessed ? [guess(item), ...(claimed ? [sure(item)] : []), item.true, `#${item.number}`, ...(placed ? [item.place] : [])] : [item.true];
    return element("tr", {}, ...joined(
      about.map(cell => element("td", {}, cell)),
      examples.rows[place].map(cell => element("td", { textContent: cell, className: examples.leads ? "leads" : "" }))));
  });
  const table = element("table", { className: "small" }, element("thead", {}, head), element("tbody", {}, ...rows));
  gallery.replaceChildren(element("div", { className: "wide" }, table));
}

for (const gallery of document.querySelectorAll(".gallery[data-examples]")) {
  const examples = PAGE[gallery.dataset.examples];
  show(gallery, examples, examples.items.map((_, place) => place));
}

function choose(key) {
  const { names, counts, cells, examples } = PAGE.confusion;
  const [row, column] = key.split(",").map(Number);
  const places = cells[key] ?? [], panel = document.getElementById("cell");
  const many = counts[row][column].toLocaleString("en");
  const what = row === column ? `${names[row]}, right: ${many}` : `${names[row]} taken for ${names[column]}: ${many}`;
  const which = places.length >= counts[row][column] ? "" : row === column ? `, the ${places.length} least sure` : `, the ${places.length} surest`;
  panel.querySelector("h3").textContent = what + which;
  show(panel.querySelector(".gallery"), examples, places);
  for (const button of document.querySelectorAll("[data-cell]")) {
    const chosen = button.dataset.cell === key;
    button.setAttribute("aria-pressed", chosen);
    if (chosen && button.closest(".matrix")) enter(button);
  }
}

// The Tab key reaches one cell; arrow keys move on from it.
function enter(button) {
  document.querySelectorAll(".matrix button").forEach(each => { each.tabIndex = each === button ? 0 : -1; });
}

function step(event) {
  const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!by || !event.target.dataset.cell) return;
  event.preventDefault();
  let [row, column] = event.target.dataset.cell.split(",").map(Number);
  const size = PAGE.confusion.names.length;
  for (let tries = 0; tries < size; tries++) {
    [row, column] = [row + by[0], column + by[1]];
    const next = document.querySelector(`.matrix [data-cell="${row},${column}"]`);
    if (next) { enter(next); next.focus(); return; }
  }
}

if (PAGE.confusion) {
  document.querySelectorAll("[data-cell]").forEach(button => button.addEventListener("click", () => choose(button.dataset.cell)));
  document.querySelector(".matrix").addEventListener("keydown", step);
  const first = document.querySelector(".pairs [data-cell]") ?? document.querySelector(".matrix [data-cell]");
  if (first) choose(first.dataset.cell);
}
