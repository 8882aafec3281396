"""For every reader: without scripts, by keyboard, in both schemes, on paper, on a phone."""

import base64
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.analysis.report.browser.chromium import Browser
from tests.analysis.report.browser.contrast import poor_contrast


def test_without_scripts_everything_stands_below_each_other(browser: Browser, page: Path) -> None:
    browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page)
    pages = browser.all(".page")
    assert len(pages) == 11
    assert all(each.is_displayed() for each in pages)
    for table in ("#all-cases", ".heat", ".phases", ".bytes"):
        (found,) = browser.shown(table)
        rows = found.find_elements("css selector", "tbody tr")
        assert rows and all(row.is_displayed() for row in rows)
    assert len(browser.shown("#all-cases tbody tr")) == len(browser.all("#all-cases tbody tr")) > 10
    assert len(browser.shown(".card")) == len(browser.all(".card")) > 10
    assert not browser.shown(".tools")
    assert not browser.all(".controls")


def test_the_keyboard_reaches_pages_and_sorts(browser: Browser, page: Path) -> None:
    browser.open(page)
    body = browser.all("body")[0]
    body.send_keys(Keys.TAB)
    assert browser.driver.switch_to.active_element.text == "To the content"
    body.send_keys(Keys.TAB, Keys.TAB, Keys.TAB)
    assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.run("return location.hash") == "#faster"
    button = browser.shown("#faster .heat th button")[2]
    button.send_keys(Keys.SPACE)
    assert browser.all("#faster .heat th[aria-sort=descending]")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_schemes(browser: Browser, page: Path, models: Path, scheme: str) -> None:
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    grounds = set()
    names = ("answer", "faster", "memory", "why", "op-slower", "cases", "glossary")
    for file, shown in ((page, names), (models, ["models"])):
        browser.open(file)
        for name in shown:
            browser.run("location.hash = arguments[0]", name)
            assert browser.run("return document.getElementById(arguments[0]).checkVisibility()", name)
            assert poor_contrast(browser, name) == [], name
            grounds.add(browser.run("return getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 1
    browser.all("#scheme")[0].click()
    assert browser.run("return getComputedStyle(document.body).backgroundColor") not in grounds


def test_drawings_say_in_words_what_they_show(browser: Browser, page: Path) -> None:
    browser.open(page)
    drawings = browser.run(
        "return [...document.querySelectorAll('svg')].map(svg => [svg.getAttribute('role'), "
        "svg.getAttribute('aria-label'), svg.getAttribute('aria-hidden')])"
    )
    assert any(role == "img" for role, _, _ in drawings)
    assert all(label if role == "img" else hidden == "true" for role, label, hidden in drawings)
    unnamed = browser.run(
        "return [...document.querySelectorAll('input, select, button')].filter(e => !(e.labels && e.labels.length) "
        "&& !e.textContent.trim() && !e.getAttribute('aria-label') && !e.hidden).length"
    )
    assert unnamed == 0


def test_paper_has_all_pages_and_no_controls(browser: Browser, page: Path) -> None:
    browser.open(page, "#why")
    printed = browser.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF")
    browser.cdp("Emulation.setEmulatedMedia", media="print")
    shown = {element.get_attribute("id") for element in browser.shown(".page")}
    assert shown == {each.get_attribute("id") for each in browser.all(".page")} - {"ops"}
    assert not browser.shown(".top, .controls, button:not(th button)")
    displays = "return [...document.querySelectorAll('th button')].map(e => getComputedStyle(e).display)"
    assert set(browser.run(displays)) == {"contents"}, "a head that is repeated would have no words"


def test_no_page_is_wider_than_a_tablet_or_a_desk(browser: Browser, page: Path) -> None:
    """Of a phone and a laptop: `test_widths`."""
    browser.open(page)
    for width in (820, 2000):
        metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": False}
        browser.cdp("Emulation.setDeviceMetricsOverride", **metrics)
        assert browser.run("return innerWidth") == width
        for name in ("answer", "faster", "memory", "right", "why", "op-slower", "cases", "coverage", "machine"):
            browser.run("location.hash = arguments[0]", name)
            assert browser.run("return document.documentElement.scrollWidth") <= width, (name, width)
