// The card of an op: its text stands in the page, its cases and its history are those of the large tables.
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

function fillCard(card) {
  card.dataset.filled = "1";
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
  return tableOf(table).all.filter((row) => row.cells[0].querySelector("a")?.hash === `#${id}`);
}

/** Copies of rows below a copy of their table's heading; with `card`, each can be repeated by a command. */
function clonedTable(table, rows, card) {
  // An axis on which all of the op's cases agree says nothing here.
  const told = columnHeads(table).map((each, index) => (
    !each.classList.contains("axis") || rows.some((row) => cellText(row, index) !== cellText(rows[0], index))));
  const heads = columnHeads(table).filter((_, index) => told[index]);
  const head = make("tr", {}, ...heads.map((each) => make("th", { scope: "col", class: each.className }, each.textContent)));
  if (card) head.append(make("th", { scope: "col" }, "repeat"));
  const body = rows.map((row) => {
    dress(row);
    const copied = row.cloneNode(true);
    copied.removeAttribute("id");
    copied.classList.remove("here");
    [...copied.cells].filter((_, index) => !told[index]).forEach((cell) => cell.remove());
    if (card) copied.append(make("td", {}, repeatButton(row, card)));
    return copied;
  });
  return make("div", { class: "wide" }, make("table", { class: "cases" }, make("thead", {}, head), make("tbody", {}, ...body)));
}

function repeatButton(row, card) {
  const options = document.getElementById("repeats").children[Number(row.dataset.r)].textContent.trim();
  const command = options.startsWith("python ") ? options : `${card.querySelector(".command").textContent} ${options}`;
  const button = copyButton(() => command);
  button.title = command;
  return button;
}

function copyButton(text) {
  const button = make("button", { type: "button", class: "copy" }, "copy");
  button.addEventListener("click", () => copy(text(), button));
  return button;
}
