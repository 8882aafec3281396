// Large tables: find, filter, sort, copy. They are set up when first seen, and show their rows in parts.
const tables = new Map();
const MORE = 500; // rows added at once
const FEW = 12; // rows that need no search
const PRINTED = 500; // rows on paper, which says so where there are more

function tableOf(element) {
  if (!tables.has(element)) tables.set(element, setUp(element));
  return tables.get(element);
}

function setUp(element) {
  const body = element.tBodies[0];
  const all = [...body.rows];
  all.forEach(spreadNumbers);
  const heads = columnHeads(element);
  const first = Number(element.dataset.first || all.length);
  const limits = limitsOf(element);
  const state = { rows: all, matching: all, shown: 0 };
  const texts = new Map();
  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };

  const controls = make("p", { class: "controls" });
  const find = make("input", { type: "search", placeholder: "op, phase …" });
  const choices = heads.flatMap((head, index) => (head.hasAttribute("data-filter") ? [choice(head, index, all)] : []));
  const status = make("span", { role: "status" });
  const csv = make("button", { type: "button" }, "Copy as CSV");
  const more = make("button", { type: "button", class: "rest-of-rows" });
  const printed = make("p", { class: "printed" });
  if (all.length > FEW) controls.append(make("label", {}, "Find ", find), ...choices.map(({ label }) => label));
  const frame = element.closest(".wide") || element;
  controls.append(csv, status);
  const columns = columnsOf(element, heads, frame, controls);
  frame.before(controls);
  frame.after(more, printed);

  const show = (count) => {
    state.shown = Math.min(Math.max(count, state.shown), state.matching.length);
    const rows = state.matching.slice(0, state.shown);
    body.replaceChildren(...rows);
    for (const row of rows) dress(row, heads, limits);
    columns.apply();
    const rest = state.matching.length - state.shown;
    more.hidden = rest === 0;
    more.textContent = rest > MORE ? `Show ${MORE} more of ${rest.toLocaleString("en")}` : `Show all ${state.matching.length.toLocaleString("en")}`;
    printed.textContent = rest ? `The first ${state.shown.toLocaleString("en")} of ${state.matching.length.toLocaleString("en")} rows.` : "";
    status.textContent = `${state.matching.length.toLocaleString("en")} of ${all.length.toLocaleString("en")} rows`;
  };

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    state.matching = state.rows.filter((row) => words.every((word) => text(row).includes(word))
      && choices.every(({ select, index }) => !select.value || cellText(row, index) === select.value));
    state.shown = 0;
    show(first);
  };

  heads.forEach((head, index) => {
    const button = make("button", { type: "button" }, ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const sign = head.getAttribute("aria-sort") === firstOrder(head) ? -1 : 1;
      const order = (firstOrder(head) === "ascending" ? 1 : -1) * sign;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order > 0 ? "ascending" : "descending");
      state.rows = sorted(all, index, order, isNumber(head));
      filter();
    });
  });

  if (limits) {
    for (const head of heads.filter((each) => each.classList.contains("strips"))) ticks(head, limits);
  }
  more.addEventListener("click", () => show(state.shown + MORE));
  csv.addEventListener("click", () => copy(asCsv(heads, state.matching), csv));
  find.addEventListener("input", filter);
  for (const { select } of choices) select.addEventListener("change", filter);
  show(first);
  return {
    all,
    columns,
    showForPrint: () => show(PRINTED),
    reveal: (row) => {
      if (!state.matching.includes(row)) {
        find.value = "";
        for (const { select } of choices) select.value = "";
        filter();
      }
      show(state.matching.indexOf(row) + 1);
    },
  };
}

/** Gives each cell its raw value: those that the row has in one attribute; of a cell with details, its title. */
function spreadNumbers(row) {
  const title = row.cells[0].querySelector("summary");
  if (title) row.cells[0].dataset.v = title.textContent;
  row.dataset.n?.split("|").forEach((raw, index) => { if (raw) row.cells[index].dataset.v = raw; });
}

/** The headings that stand above one column each, in the order of the columns. */
function columnHeads(element) {
  const rows = [...element.tHead.rows];
  const upper = [...rows[0].cells].flatMap((cell) => (cell.colSpan === 1 && (rows.length === 1 || cell.rowSpan > 1) ? [cell] : []));
  return rows.length === 1 ? upper : [...upper, ...rows[1].cells];
}

function choice(head, index, rows) {
  const select = make("select");
  select.add(new Option("all", ""));
  for (const value of [...new Set(rows.map((row) => cellText(row, index)))].sort()) if (value) select.add(new Option(value, value));
  return { select, index, label: make("label", {}, `${head.textContent} `, select) };
}

function cellText(row, index) {
  return row.cells[index].textContent.trim();
}

/** Words sort upwards first, numbers downwards: readers look for the largest. */
function firstOrder(head) {
  return isNumber(head) ? "descending" : "ascending";
}

function isNumber(head) {
  return head.classList.contains("number");
}

/** Numbers sort by their raw value; cells without one always come last. */
function sorted(rows, index, sign, numeric) {
  const words = new Intl.Collator("en", { numeric: true });
  const keys = new Map(rows.map((row) => {
    const { dataset } = row.cells[index];
    const text = cellText(row, index);
    const raw = dataset.v?.split(",").pop(); // empty where the second of two numbers is not known
    const number = raw === undefined ? parseFloat(text.replaceAll(",", "")) : raw ? Number(raw) : NaN;
    return [row, numeric && text && !Number.isNaN(number) ? number : numeric ? "" : text];
  }));
  return [...rows].sort((a, b) => {
    const [u, v] = [keys.get(a), keys.get(b)];
    if (u === "" || v === "") return (u === "") - (v === "");
    return sign * (typeof u === "number" && typeof v === "number" ? u - v : words.compare(u, v));
  });
}
