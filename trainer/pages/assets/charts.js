// Draws the charts of PAGE.charts in the colours of the page, with tooltips, zoom and keys.
"use strict";

const views = new Map();  // figure -> Vega view
const dark = matchMedia("(prefers-color-scheme: dark)");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// A string such as "--blue" in a specification is the page's colour of that name; "#46327e/#8f9bf5" are two colours, on
// light and on dark paper.
function coloured(value) {
  if (typeof value === "string" && value.startsWith("--")) return colour(value);
  if (typeof value === "string") return /^#\w{6}\/#\w{6}$/.test(value) ? value.split("/")[dark.matches ? 1 : 0] : value;
  if (Array.isArray(value)) return value.map(coloured);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === "values" ? item : coloured(item)]));
  }
  return value;
}

function theme() {
  const [ink, faint, line] = ["--ink", "--faint", "--line"].map(colour);
  const font = getComputedStyle(document.body).fontFamily;
  const text = { labelColor: faint, titleColor: faint, labelFont: font, titleFont: font, labelFontSize: 11, titleFontSize: 11, titleFontWeight: "normal" };
  return {
    background: "transparent", font, padding: 4,
    view: { stroke: null },
    axis: { ...text, domain: false, ticks: false, gridColor: line, gridOpacity: 0.7, labelPadding: 6, titlePadding: 8 },
    axisX: { grid: false }, legend: text, header: { ...text, labelFontSize: 12 },
    title: { color: ink, font, fontSize: 12, anchor: "start" },
    text: { color: ink, font }, mark: { color: colour("--blue"), tooltip: null },
    line: { strokeWidth: 2 }, rule: { strokeWidth: 1 }, point: { filled: true },
  };
}

async function draw(figure) {
  const spec = PAGE.charts[figure.id];
  const place = figure.querySelector(".plot");
  views.get(figure)?.finalize();
  const sized = { width: "container", autosize: { type: "fit-x", contains: "padding" }, ...coloured(spec) };
  for (const param of sized.params ?? []) {
    if (param.name === "shown" && figure.querySelector(".legend")) param.value = chosen(figure);
  }
  const compiled = vegaLite.compile(sized, { config: theme() }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: "svg", container: place, hover: true, tooltip: tip });
  views.set(figure, view);
  await view.runAsync();
  figure.dataset.drawn = "";
}

function chosen(figure) {
  return [...figure.querySelectorAll(".legend input:checked")].map(box => box.value);
}

// The tooltip: texts only, never HTML, since names come from configurations and data.
function tip(handler, event, item, value) {
  const box = document.getElementById("tip");
  if (value === undefined || value === null || value === "") { box.hidden = true; return; }
  const rows = typeof value === "object" ? Object.entries(value) : [["", value]];
  box.replaceChildren(...rows.filter(([, item]) => item !== undefined && item !== "undefined").map(([name, item]) => {
    const row = document.createElement("div");
    for (const text of name ? [name, item] : [item]) {
      row.append(Object.assign(document.createElement("span"), { textContent: text }));
    }
    return row;
  }));
  box.hidden = false;
  const { width, height } = box.getBoundingClientRect();
  const left = event.clientX + 14 + width > innerWidth ? event.clientX - 14 - width : event.clientX + 14;
  box.style.left = `${Math.max(4, left)}px`;
  box.style.top = `${Math.max(4, Math.min(event.clientY + 14, innerHeight - height - 4))}px`;
}

// ← → move, + − zoom, 0 shows all, like drag, wheel and double click.
function keyed(event) {
  const view = views.get(event.currentTarget.closest("figure"));
  if (!view || event.ctrlKey || event.metaKey || event.altKey) return;
  const name = Object.keys(view.getState({ signals: name => /^zoom_/.test(name) }).signals).find(each => each.endsWith("_epoch"));
  const [low, high] = view.scale("x").domain(), width = high - low, middle = (low + high) / 2;
  const moves = {
    ArrowLeft: [low - width / 8, high - width / 8], ArrowRight: [low + width / 8, high + width / 8],
    "+": [middle - width / 3, middle + width / 3], "-": [middle - 0.75 * width, middle + 0.75 * width], "0": null,
  };
  if (!name || !(event.key in moves)) return;
  event.preventDefault();
  view.signal(name, moves[event.key]).runAsync();
}

function start() {
  const figures = [...document.querySelectorAll("figure.chart")].filter(figure => PAGE.charts[figure.id]);
  for (const figure of figures) {
    figure.querySelector(".plot[data-zooms]")?.addEventListener("keydown", keyed);
    figure.querySelector(".legend")?.addEventListener("change", () => {
      views.get(figure)?.signal("shown", chosen(figure)).runAsync();
    });
  }
  // Visible charts first, the rest when there is time, so that they can be printed.
  const left = new Set(figures);
  const one = figure => left.delete(figure) ? draw(figure) : null;
  const seen = new IntersectionObserver(entries => entries.filter(entry => entry.isIntersecting).forEach(entry => one(entry.target)), { rootMargin: "300px" });
  figures.forEach(figure => seen.observe(figure));
  const later = async () => { for (const figure of [...left]) { await one(figure); await new Promise(resolve => setTimeout(resolve)); } document.body.dataset.ready = ""; };
  setTimeout(later, 200);
  const again = () => Promise.all(figures.filter(figure => views.has(figure)).map(draw));
  dark.addEventListener("change", again);
}

start();
