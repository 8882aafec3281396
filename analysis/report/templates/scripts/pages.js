// One page at a time; an address of anything within a page brings that page up. The browser's own search finds the rest.
function startPages() {
  const pages = [...document.querySelectorAll("main > .page")];
  const links = [...document.querySelectorAll(".top nav a")];

  const show = (page) => {
    // Large tables remove most of their rows before the page is first laid out.
    page.querySelectorAll("table.live").forEach(tableOf);
    for (const each of pages) {
      if (each === page) each.removeAttribute("hidden");
      else each.setAttribute("hidden", "until-found");
    }
    for (const link of links) {
      if (link.hash === `#${page.id}`) {
        link.setAttribute("aria-current", "page");
        link.scrollIntoView({ block: "nearest", inline: "nearest" });
      } else link.removeAttribute("aria-current");
    }
  };

  const follow = () => {
    const id = decodedHash();
    const row = rowOf(id);
    const target = row?.table || document.getElementById(id) || pages[0];
    const page = target.closest(".page") || pages[0];
    if (page.id === "ops") showCard(target.closest(".card"));
    show(page);
    const detail = target.closest("tr.detail article");
    if (detail) showDetail(detail, true);
    if (row) revealRow(row);
    else if (target === page || target.closest(".card") === target) scrollTo(0, 0);
    else {
      for (let up = target.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
      target.querySelector("details")?.setAttribute("open", "");
      (detail ? linkOf(detail) : target).scrollIntoView();
    }
  };

  document.addEventListener("mouseover", (event) => explain(event.target.closest('td.is, td[class|="is"]')));
  for (const page of pages) page.addEventListener("beforematch", () => show(page));
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => {
    for (const table of document.querySelectorAll("table.live")) tableOf(table).showForPrint();
  });
  document.documentElement.classList.add("ready");
  follow();
}

/** A cell of the safety matrix gets its text from the op's card. */
function explain(cell) {
  const table = cell?.closest("table.safety");
  if (!table || cell.title) return;
  const head = columnHeads(table)[cell.cellIndex];
  const card = document.getElementById(cell.parentElement.cells[0].querySelector("a")?.hash.slice(1));
  const answers = [...(card?.querySelectorAll(`[data-question="${head.dataset.question}"]`) || [])];
  const answer = answers.find((each) => (each.dataset.in || `|${table.dataset.section}|`).includes(`|${table.dataset.section}|`));
  if (answer) fillReasons(card);
  cell.title = answer ? answer.innerText : head.title;
}

function decodedHash() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}
