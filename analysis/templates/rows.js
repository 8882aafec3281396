// What becomes of a row: a strip for its interval, an address of its own, lines of a CSV file.
const STRIP = { width: 74, low: Math.log(0.5), high: Math.log(4) };
let byId;

/** The row of the table of every case that has this id. */
function rowOf(id) {
  const table = document.getElementById("all-cases");
  byId ||= new Map(tableOf(table).all.map((row) => [row.id, row]));
  return byId.get(id);
}

function revealRow(row) {
  tableOf(document.getElementById("all-cases")).reveal(row);
  for (const other of document.querySelectorAll("tr.here")) other.classList.remove("here");
  row.classList.add("here");
  row.scrollIntoView({ block: "center" });
}

/** A row of the table of every case gets what its numbers allow, once it is shown. */
function dress(row) {
  if (!row.id || !row.dataset.r || row.dataset.dressed) return;
  row.dataset.dressed = "1";
  row.cells[0].append(make("a", { class: "self", href: `#${row.id}`, "aria-label": "address of this row" }, "#"));
  const { heads } = tableHeads(row);
  heads.forEach((head, index) => {
    if (head.classList.contains("number")) row.cells[index].classList.add("n");
    if (head.dataset.csv === "speedup_low speedup_high" && row.cells[index].dataset.v) {
      row.cells[index].prepend(strip(row, heads, index), " ");
    }
  });
}

function tableHeads() {
  return { heads: columnHeads(document.getElementById("all-cases")) };
}

function strip(row, heads, index) {
  const [low, high] = row.cells[index].dataset.v.split(" ").map(Number);
  const middle = Number(row.cells[heads.findIndex((head) => head.dataset.csv === "speedup")].dataset.v);
  const verdict = cellText(row, heads.findIndex((head) => head.dataset.csv === "verdict")).replace(" ", "-");
  const at = (ratio) => {
    const share = (Math.log(ratio) - STRIP.low) / (STRIP.high - STRIP.low);
    return (3 + Math.min(Math.max(share, 0), 1) * (STRIP.width - 6)).toFixed(1);
  };
  return draw("svg", { class: `strip v-${verdict}`, viewBox: `0 0 ${STRIP.width} 12`, width: STRIP.width, "aria-hidden": "true" },
    draw("path", { class: "one", d: `M${at(1)} 0V12` }),
    draw("path", { class: "reach", d: `M${at(low)} 6H${at(high)}` }),
    draw("circle", { cx: at(middle), cy: 6, r: 2.6 }));
}

/** The rows as CSV: raw numbers where a cell has them, in a column each; names never become formulas. */
function asCsv(element, heads, rows) {
  const names = heads.map((head) => head.dataset.csv?.split(" ") || [head.textContent.trim()]);
  const several = names.map((each, index) => each.length > 1 && rows.some((row) => (row.cells[index].dataset.v || "").includes(" ")));
  const columns = names.flatMap((each, index) => (several[index] || each.length === 1 ? each : [each.join(" ")]));
  const lines = rows.map((row) => heads.flatMap((head, index) => {
    const raw = row.cells[index].dataset.v;
    if (!raw) return Array(several[index] ? names[index].length : 1).fill(plain(cellText(row, index)));
    return several[index] ? raw.split(" ") : [raw];
  }));
  return [columns, ...lines].map((line) => line.map(quoted).join(",")).join("\n") + "\n";
}

function plain(text) {
  return /^[=+\-@\t]/.test(text) ? `'${text}` : text;
}

function quoted(text) {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
