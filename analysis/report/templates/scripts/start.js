// The page works without any script: pages below each other, tables in full, cards one after another.
document.documentElement.classList.add("js");
document.addEventListener("DOMContentLoaded", () => {
  startScheme();
  startFind();
  startDetails();
  startPages();
  for (const frame of document.querySelectorAll(".wide")) watchFrame(frame);
});

/** An element with attributes, and children: elements or text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** An SVG element with attributes. */
function draw(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Copies `text` to the clipboard and says so on `button`; pages opened from a file may lack the newer interface. */
async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { readonly: "" });
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
  }
  const said = button.textContent;
  button.textContent = done ? "copied" : "could not copy";
  setTimeout(() => { button.textContent = said; }, 1500);
}

/** Light, dark, or the system's choice. */
function startScheme() {
  const root = document.documentElement;
  document.getElementById("scheme").addEventListener("click", () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    root.dataset.scheme = (root.dataset.scheme || system) === "dark" ? "light" : "dark";
  });
}
