// The card of an op: its text is in the page; its cases and history are copied from the large tables.
function showCard(card) {
  const cards = [...document.querySelectorAll(".card")];
  const shown = card || cards[0];
  for (const each of cards) each.hidden = each !== shown;
  for (const link of document.querySelectorAll(".oplist a")) {
    if (shown && link.hash === `#${shown.id}`) {
      link.setAttribute("aria-current", "true");
      link.parentElement.scrollTop = link.offsetTop - link.parentElement.offsetTop - 120;
    } else link.removeAttribute("aria-current");
  }
  if (shown && !shown.dataset.filled) fillCard(shown);
}

/** Puts the texts that several cards share where a card refers to them. */
function fillReasons(card) {
  for (const link of card.querySelectorAll("a.reason")) {
    const text = document.getElementById(link.hash.slice(1)).textContent.trim();
    link.replaceWith(make("br"), make("small", {}, text));
  }
}

function fillCard(card) {
  card.dataset.filled = "1";
  fillReasons(card);
  for (const code of card.querySelectorAll(".command")) code.after(copyButton(() => code.textContent));
  const cases = rowsOfOp(document.getElementById("all-cases"), card.id);
  if (cases.length) {
    card.append(make("h4", {}, "Its cases"), clonedTable(document.getElementById("all-cases"), cases, card));
  }
  const history = document.querySelector("table.history");
  const runs = history ? rowsOfOp(history, card.id) : [];
  if (runs.length) card.append(make("h4", {}, "Over the runs"), clonedTable(history, runs, null));
}

function rowsOfOp(table, id) {
  return tableOf(table).all.filter((row) => row.querySelector("a")?.getAttribute("href") === `#${id}`);
}

/** Copies of rows below a copy of their table's heading; with `card`, each can be repeated by a command. */
function clonedTable(table, rows, card) {
  // An axis on which all of the op's cases agree says nothing here, nor does a column that is empty in all of them.
  // Other axes come before the numbers: they tell the cases apart.
  const heads = columnHeads(table);
  const varies = (index) => rows.some((row) => cellText(row, index) !== cellText(rows[0], index));
  const isAxis = (index) => heads[index].classList.contains("axis");
  const filled = (index) => rows.some((row) => cellText(row, index));
  const places = [...heads.keys()].filter((index) => (isAxis(index) ? varies(index) : filled(index)));
  const rank = (index) => (index < 3 ? 0 : isAxis(index) ? 1 : 2);
  places.sort((a, b) => rank(a) - rank(b) || a - b);
  const head = make("tr", {}, ...places.map((index) => {
    const { className, dataset, textContent } = heads[index];
    return make("th", { scope: "col", class: className, ...(dataset.extra && { "data-extra": dataset.extra }) }, textContent);
  }));
  if (card) head.append(make("th", { scope: "col" }, "repeat"));
  const body = rows.map((row) => {
    dress(row, heads, limitsOf(table));
    const copied = row.cloneNode(true);
    copied.removeAttribute("id");
    copied.classList.remove("here");
    copied.querySelector("a.self")?.remove();
    const cells = [...copied.cells];
    for (const cell of cells) cell.hidden = false;
    copied.replaceChildren(...places.map((index) => cells[index]));
    if (card) copied.append(make("td", {}, repeatButton(row, card)));
    return copied;
  });
  const copies = make("table", { class: "cases" }, make("thead", {}, head), make("tbody", {}, ...body));
  const frame = make("div", { class: "wide" }, copies);
  const controls = make("p", { class: "controls" });
  tables.set(copies, { columns: columnsOf(copies, [...head.cells], frame, controls) });
  watchFrame(frame);
  return make("div", {}, frame, controls);
}

function repeatButton(row, card) {
  const options = document.getElementById("repeats").children[Number(row.dataset.r)].textContent.trim();
  const command = `${card.querySelector(".command").textContent} ${options}`;
  const button = copyButton(() => command);
  button.title = command;
  return button;
}

function copyButton(text) {
  const button = make("button", { type: "button", class: "copy" }, "copy");
  button.addEventListener("click", () => copy(text(), button));
  return button;
}
