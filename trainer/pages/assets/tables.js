// Tables that can be sorted by a column and filtered by words.
"use strict";

function numeric(text) {
  return Number.parseFloat(text.replaceAll(",", "").replace("−", "-"));
}

function sortBy(table, place, header) {
  const falling = header.getAttribute("aria-sort") === "descending";
  const body = table.tBodies[0], rows = [...body.rows];
  const texts = new Map(rows.map(row => [row, row.cells[place].textContent.trim()]));
  const numbers = rows.every(row => texts.get(row) === "" || !Number.isNaN(numeric(texts.get(row))));
  const compare = (a, b) => numbers ? numeric(a) - numeric(b) : a.localeCompare(b, "en", { numeric: true });
  rows.sort((one, other) => {
    const [a, b] = [texts.get(one), texts.get(other)];
    if (a === "" || b === "") return (a === "") - (b === "");  // what is missing comes last
    return falling ? compare(a, b) : compare(b, a);
  });
  body.append(...rows);
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", falling ? "ascending" : "descending");
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((header, place) => {
    const button = element("button", { type: "button", textContent: header.textContent });
    header.replaceChildren(button);
    button.addEventListener("click", () => sortBy(table, place, header));
  });
}

for (const table of document.querySelectorAll("table.filterable")) {
  const count = element("span", { className: "faint" });
  const box = element("input", { type: "search", placeholder: "filter: words in a row" });
  box.setAttribute("aria-label", "Filter the rows");
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = words.length ? ` ${shown} of ${table.tBodies[0].rows.length}` : "";
  });
  table.parentElement.before(element("div", { className: "filter screen" }, box, count));
}
