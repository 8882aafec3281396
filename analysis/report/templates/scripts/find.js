// Find an op by its name: a combobox over all cards.
function startFind() {
  const input = document.getElementById("find");
  const list = document.getElementById("found");
  const ops = [...document.querySelectorAll(".oplist a")].map((link) => (
    { name: link.textContent, family: link.title, hash: link.hash, low: link.textContent.toLowerCase() }));
  let found = [];
  let chosen = -1;

  const choose = (index) => {
    const items = [...list.querySelectorAll("[role=option]")];
    chosen = items.length ? (index + items.length) % items.length : -1;
    items.forEach((item, place) => item.setAttribute("aria-selected", place === chosen));
    if (chosen >= 0) {
      input.setAttribute("aria-activedescendant", items[chosen].id);
      items[chosen].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  };

  const open = (op) => {
    close();
    input.value = "";
    location.hash = op.hash;
  };

  // Names that begin with what is typed come first, then those with a word that does, then those that hold it.
  const rank = (op, text) => (op.low === text ? 0 : op.low.startsWith(text) ? 1 : op.low.split(/[._]/).some((word) => word.startsWith(text)) ? 2 : op.low.includes(text) ? 3 : 9);

  const search = () => {
    const text = input.value.trim().toLowerCase().replace(/_$/, "");
    found = text ? ops.map((op) => [rank(op, text), op]).filter(([place]) => place < 9)
      .sort(([a, x], [b, y]) => a - b || x.name.length - y.name.length).slice(0, 12).map(([, op]) => op) : [];
    list.replaceChildren(...found.map((op, index) => {
      const item = make("li", { role: "option", id: `found-${index}` }, make("span", {}, op.name), make("small", {}, op.family));
      item.addEventListener("mousedown", (event) => { event.preventDefault(); open(op); });
      return item;
    }));
    if (text && !found.length) list.append(make("li", { class: "nothing" }, "no op of that name"));
    list.hidden = !text;
    input.setAttribute("aria-expanded", String(Boolean(text)));
    choose(found.length ? 0 : -1);
  };

  input.addEventListener("input", search);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") { if (chosen >= 0) open(found[chosen]); }
    else if (event.key === "Escape") { input.value = ""; close(); }
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea, select")) {
      event.preventDefault();
      input.focus();
    }
  });
  document.querySelector(".tools").hidden = false;
}
