// What is made of a row: a strip for its interval, an address, lines of a CSV file.
const WIDE = 130; // of a strip that has an axis in its heading
let byId;

/** The row of a large table that has this id, with its table; rows that are not shown are not in the page. */
function rowOf(id) {
  const found = document.getElementById(id);
  if (found) return found.matches("table.live > tbody > tr") ? { row: found, table: found.closest("table") } : null;
  if (!id) return null;
  byId ||= new Map([...document.querySelectorAll("table.live")].flatMap((table) => (
    tableOf(table).all.filter((row) => row.id).map((row) => [row.id, { row, table }]))));
  return byId.get(id);
}

function revealRow({ row, table }) {
  for (let up = table.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
  tableOf(table).reveal(row);
  for (const other of document.querySelectorAll("tr.here")) other.classList.remove("here");
  row.classList.add("here");
  row.scrollIntoView({ block: "center" });
  // Again after layout: parts above grow when they come into sight.
  requestAnimationFrame(() => requestAnimationFrame(() => row.scrollIntoView({ block: "center" })));
}

/** Adds to a row, when it is first shown, strips for its numbers, and an address if it has an id. */
function dress(row, heads, limits) {
  if (row.dataset.dressed) return;
  row.dataset.dressed = "1";
  if (row.id) row.cells[0].append(make("a", { class: "self", href: `#${row.id}`, "aria-label": "address of this row" }));
  heads.forEach((head, index) => {
    const cell = row.cells[index];
    if (head.classList.contains("drawn")) cell.prepend(historyLine(row));
    if (cell.dataset.i) cell.title = historyTitle(cell);
    if (isNumber(head)) cell.classList.add("n");
    for (const name of ["axis", "wraps"]) if (head.classList.contains(name)) cell.classList.add(name);
    if (!limits || !cell.dataset.v) return;
    if (head.classList.contains("strips")) cell.prepend(strip(cell.dataset.v.split(",").map(Number), cell.className, limits, WIDE));
    else if (head.dataset.csv === "speedup_low speedup_high") {
      const middle = row.cells[heads.findIndex((other) => other.dataset.csv === "speedup")].dataset.v;
      const verdict = row.cells[heads.findIndex((other) => other.dataset.csv === "verdict")].className;
      cell.prepend(strip([...cell.dataset.v.split(","), middle].map(Number), verdict, limits, 74), " ");
    }
  });
}

/** The ends of the axis on which a table's strips are drawn; undefined where it has none. */
function limitsOf(table) {
  return table.dataset.limits?.split(",").map(Number);
}

/** Ticks for the strips below a heading. */
function ticks(head, limits) {
  const [first, last] = limits.map(Math.log);
  const at = (ratio) => 9 + ((Math.log(ratio) - first) / (last - first)) * (WIDE - 18);
  const svg = draw("svg", { class: "ticks", width: WIDE, height: 12, "aria-hidden": "true" });
  for (const ratio of [0.25, 0.5, 0.8, 1, 1.25, 1.6, 2, 3, 4, 8, 16]) {
    const near = [...svg.children].some((other) => Math.abs(Number(other.getAttribute("x")) - at(ratio)) < 22);
    if (ratio >= limits[0] && ratio <= limits[1] && !near) svg.append(draw("text", { x: at(ratio).toFixed(1), y: 10 }, `${ratio}x`));
  }
  head.append(svg);
}

/** A speedup and its interval on a logarithmic axis; a part beyond the axis is drawn at its end, with an arrow. */
function strip([low, high, middle], verdict, limits, width) {
  const [first, last] = limits.map(Math.log);
  const at = (ratio) => (9 + Math.min(Math.max((Math.log(ratio) - first) / (last - first), 0), 1) * (width - 18)).toFixed(1);
  const word = ["faster", "slower", "no-difference", "inconclusive"].find((each) => verdict.includes(each));
  const off = middle > limits[1] ? `M${width - 4} 3l3 3-3 3` : middle < limits[0] ? "M4 3l-3 3 3 3" : "";
  return draw("svg", { class: `strip v-${word}`, viewBox: `0 0 ${width} 12`, width, height: 12, "aria-hidden": "true" },
    draw("path", { class: "one", d: `M${at(1)} 0V12` }),
    draw("path", { class: "reach", d: `M${at(low)} 6H${at(high)}` }),
    draw("circle", { cx: at(middle), cy: 6, r: 2.7 }),
    draw("path", { class: "off", d: off }));
}

/** The rows as CSV: raw numbers where a cell has them, in a column each; names never become formulas. */
function asCsv(heads, rows) {
  const names = heads.map((head) => head.dataset.csv?.split(" ") || [head.textContent.trim()]);
  const several = names.map((each, index) => each.length > 1 && rows.some((row) => (row.cells[index].dataset.v || "").includes(",")));
  const columns = names.flatMap((each, index) => (several[index] || each.length === 1 ? each : [each.join(" ")]));
  const lines = rows.map((row) => heads.flatMap((head, index) => {
    const raw = row.cells[index].dataset.v;
    if (!raw) return Array(several[index] ? names[index].length : 1).fill(plain(cellText(row, index)));
    return several[index] ? raw.split(",") : [raw];
  }));
  return [columns.map(plain), ...lines].map((line) => line.map(quoted).join(",")).join("\n") + "\n";
}

function plain(text) {
  return /^[=+\-@\t]/.test(text) ? `'${text}` : text;
}

function quoted(text) {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
