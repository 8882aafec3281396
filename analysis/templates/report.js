
"use strict";
// Sorts and filters the case table and the safety matrix. Without it they stand as they are stored.
for (const table of document.querySelectorAll("table.live")) {
  const controls = document.querySelector(`.controls[data-for="${table.id}"]`);
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const column = (name) => heads.findIndex((head) => head.textContent === name);
  const cell = (row, index) => row.cells[index].textContent.trim();
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const find = controls.querySelector("input");
  const choices = [...controls.querySelectorAll("select")].map((select) => {
    const index = column(select.dataset.column);
    for (const value of new Set(rows.map((row) => cell(row, index)))) {
      if (value) select.add(new Option(value, value));
    }
    return { select, index };
  });

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = texts.get(row);
      const fits = words.every((word) => text.includes(word))
        && choices.every(({ select, index }) => !select.value || cell(row, index) === select.value);
      row.hidden = !fits;
      shown += fits;
    }
    controls.querySelector("[role=status]").textContent = `${shown} of ${rows.length}`;
  };

  // Numbers sort by their raw value, and what has none always comes last.
  const words = new Intl.Collator("en", { numeric: true });
  const sorted = (index, sign) => {
    const keys = new Map(rows.map((row) => {
      const { dataset, textContent } = row.cells[index];
      return [row, dataset.v === undefined ? textContent.trim() : Number(dataset.v)];
    }));
    return rows.sort((a, b) => {
      const [u, v] = [keys.get(a), keys.get(b)];
      if (u === "" || v === "") return (u === "") - (v === "");
      return sign * (typeof u === "number" && typeof v === "number" ? u - v : words.compare(u, v));
    });
  };

  heads.forEach((head, index) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      body.append(...sorted(index, sign));
    });
  });

  find.addEventListener("input", filter);
  for (const { select } of choices) select.addEventListener("change", filter);
  controls.hidden = false;
  filter();
}
