// A case over the runs: a line through its speedups with their intervals, drawn when its row is first shown.
const LINE = { width: 110, height: 30, step: 22, widest: 64 };

function historyLine(row) {
  const points = [...row.cells].slice(4, -2).map((cell) => cell.dataset.v && {
    middle: Number(cell.dataset.v), ends: cell.dataset.i?.split(",").map(Number), verdict: cell.className.split(" ")[0] });
  const known = points.filter(Boolean);
  const values = known.flatMap(({ middle, ends = [] }) => [middle, ...ends]).filter((v) => v <= LINE.widest && v >= 1 / LINE.widest);
  const [low, high] = [Math.log(Math.min(0.95, ...values) / 1.06), Math.log(Math.max(1.1, ...values) * 1.06)];
  const y = (ratio) => (LINE.height - 3 - ((Math.min(Math.max(Math.log(ratio), low), high) - low) / (high - low)) * (LINE.height - 6)).toFixed(1);
  const step = Math.min(LINE.step, (LINE.width - 8) / Math.max(1, points.length - 1));
  points.forEach((point, place) => { if (point) point.x = (4 + place * step).toFixed(1); });
  const marks = known.map(({ x, middle, ends: [from, to] = [middle, middle], verdict }) => draw("g", { class: `v-${verdict}` },
    draw("path", { class: "reach", d: `M${x} ${y(from)}V${y(to)}` }), draw("circle", { cx: x, cy: y(middle), r: 2.4 })));
  return draw("svg", { class: "line", viewBox: `0 0 ${LINE.width} ${LINE.height}`, "aria-hidden": "true" },
    draw("path", { class: "one", d: `M0 ${y(1)}H${LINE.width}` }),
    draw("path", { class: "way", d: known.map(({ x, middle }, place) => `${place ? "L" : "M"}${x} ${y(middle)}`).join("") }),
    ...marks);
}

/** What a pointer is told of a number of the history. */
function historyTitle(cell) {
  const ends = cell.dataset.i.split(",").map((end) => `${Number(end).toFixed(2)}x`);
  return `${cell.textContent} (${ends.join(" to ")}), ${cell.className.split(" ")[0].replace("-", " ")}`;
}
