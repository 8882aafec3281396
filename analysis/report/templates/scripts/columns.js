// Columns for which a window has no room are left out, those of the highest `data-extra` first; a button brings them back.
// Searching, sorting and copying know all columns.
function columnsOf(element, heads, frame, controls) {
  const extra = [...heads.keys()].filter((index) => heads[index].dataset.extra)
    .sort((a, b) => Number(heads[b].dataset.extra) - Number(heads[a].dataset.extra));
  const button = make("button", { type: "button" });
  let hidden = new Set();
  let everything = false;
  let fittedAt;

  const apply = () => {
    for (const index of extra) {
      heads[index].hidden = hidden.has(index);
      for (const row of element.tBodies[0].rows) row.cells[index].hidden = hidden.has(index);
    }
    button.hidden = !hidden.size && !everything;
    button.textContent = everything ? "Fewer columns" : `All ${heads.length} columns`;
  };

  const fit = (again) => {
    if (!extra.length || !frame.clientWidth || (fittedAt === frame.clientWidth && !again)) return;
    fittedAt = frame.clientWidth;
    hidden = new Set();
    apply();
    if (everything) return;
    let over = frame.scrollWidth - frame.clientWidth;
    for (const index of extra) {
      if (over <= 1) break;
      over -= heads[index].offsetWidth;
      hidden.add(index);
    }
    apply();
  };

  button.addEventListener("click", () => {
    everything = !everything;
    fit(true);
  });
  if (extra.length) controls.append(button);
  return { apply, fit };
}

/** Tables that fit their frame need no scrolling, and keep their head row in sight; a window's size may change that. */
const frames = new ResizeObserver((entries) => requestAnimationFrame(() => {
  const changed = [...new Set(entries.map(({ target }) => target.closest(".wide")))];
  for (const frame of changed) tables.get(frame.firstElementChild)?.columns.fit();
  const fitting = changed.map((frame) => frame.scrollWidth <= frame.clientWidth + 1);
  changed.forEach((frame, place) => frame.classList.toggle("fits", fitting[place]));
}));

function watchFrame(frame) {
  frames.observe(frame);
  frames.observe(frame.firstElementChild);
}
