"""How well the text on a page can be told from its ground, by WCAG."""

from tests.analysis.report.browser.chromium import Browser

#: Texts whose colours differ by less than WCAG's AA asks: 4.5, and 3 for large ones. Hatched cells have two grounds.
_CONTRASTS = """
const light = (colour) => {
  const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
  const part = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return a ? 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b) : null;
};
const ground = (element) => {
  for (let up = element; up; up = up.parentElement) {
    const found = light(getComputedStyle(up).backgroundColor);
    if (found !== null) return found;
  }
  return 1;
};
const poor = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let seen = 0;
while (walk.nextNode()) {
  const element = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || !element.checkVisibility()) continue;
  if (element.closest("script, style, [hidden], .unseen, .skip")) continue;
  const style = getComputedStyle(element);
  if (Number(style.opacity) < 1) continue;
  const drawn = element.namespaceURI.includes("svg");
  const [a, b] = [light(drawn ? style.fill : style.color), ground(element)];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  seen += 1;
  const least = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
  if (ratio < least) poor.push(`${element.className} ${walk.currentNode.data.trim()} ${ratio.toFixed(2)}`);
}
return [seen, poor];
"""


def poor_contrast(browser: Browser, name: str) -> list[str]:
    """The visible texts of the page `name`, which is shown, that WCAG's AA finds hard to read."""
    seen, poor = browser.run(_CONTRASTS)
    assert seen > 20, name
    return poor
