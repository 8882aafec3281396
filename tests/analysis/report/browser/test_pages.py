"""Pages come and go by address; nothing is asked for outside of the file; hostile names stay text."""

from pathlib import Path

from selenium.webdriver.common.keys import Keys

from tests.analysis.hostile import SEEN
from tests.analysis.report.browser.chromium import Browser

PAGES = ("answer", "faster", "memory", "right", "why", "ops", "cases", "coverage", "instrument", "machine", "glossary")


def visible_pages(browser: Browser) -> list[str]:
    return [element.get_attribute("id") for element in browser.all(".page:not([hidden])")]


def test_every_page_opens_without_complaint_or_request(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert visible_pages(browser) == ["answer"]
    for name in PAGES:
        browser.run("location.hash = arguments[0]", name)
        assert visible_pages(browser) == [name]
        assert [link.get_attribute("hash") for link in browser.all("nav [aria-current=page]")] == [f"#{name}"]
        assert browser.shown(f"#{name} h2")
    assert browser.complaints() == []
    assert browser.requests() == [page.as_uri()]


def test_what_the_policy_forbids_does_not_happen(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("const image = new Image(); image.src = 'http://example.invalid/a.png'; document.body.append(image)")
    browser.run("document.body.setAttribute('style', 'display: none')")
    assert browser.shown("#answer h2")
    assert browser.blocked() == ["csp"]
    assert any("Content Security Policy" in line for line in browser.complaints())


def test_an_address_within_a_page_brings_it_up(browser: Browser, page: Path) -> None:
    places = {"heat": "faster", "noise": "instrument", "no-such-thing": "answer", "%E0%A4": "answer"}
    for inside, name in places.items():
        browser.open(page, f"#{inside}")
        assert visible_pages(browser) == [name]


def test_a_row_has_an_address_that_shows_and_marks_it(browser: Browser, page: Path) -> None:
    browser.open(page, "#slower.inference.64Ki.retained")
    assert visible_pages(browser) == ["cases"]
    (row,) = browser.shown("#all-cases tr.here")
    assert row.text.startswith("slower")
    link = row.find_element("css selector", "a.self")
    assert link.get_attribute("hash") == "#slower.inference.64Ki.retained"
    browser.run("location.hash = 'op-slower'")
    assert visible_pages(browser) == ["ops"]


def test_the_history_of_the_browser_works(browser: Browser, page: Path) -> None:
    browser.open(page, "#faster")
    browser.run("location.hash = 'why'")
    browser.driver.back()
    assert visible_pages(browser) == ["faster"]


def test_hostile_names_stay_text(browser: Browser, hostile: Path) -> None:
    browser.open(hostile)
    for name in PAGES:
        browser.run("location.hash = arguments[0]", name)
    assert browser.run("return document.scripts.length") == 1
    assert browser.run("return document.querySelectorAll('a:not([href^=\"#\"])').length") == 0
    assert browser.complaints() == []
    assert browser.requests() == [hostile.as_uri()]
    browser.run("location.hash = 'cases'")
    assert any(SEEN in text for text in browser.texts("#all-cases tbody th"))
    browser.run("location.hash = document.querySelector('.oplist a[href*=script]').hash")
    assert SEEN in browser.texts(".card:not([hidden]) h3")[0]
    assert browser.texts(".card:not([hidden]) .variants code") == [SEEN, SEEN]


def test_a_run_of_nothing_but_scenarios_has_a_page_for_them_and_none_for_ops(browser: Browser, models: Path) -> None:
    browser.open(models, "#models")
    names = [link.get_attribute("hash")[1:] for link in browser.all(".top nav a")]
    assert names == ["answer", "models", "ops", "cases", "coverage", "instrument", "machine", "glossary"]
    for name in names:
        browser.run("location.hash = arguments[0]", name)
        assert visible_pages(browser) == [name]
    browser.run("location.hash = document.querySelector('#all-cases tbody a').hash")
    assert len(browser.shown(".card")) == 1
    assert browser.texts(".oplists h3") == ["6 scenarios"]
    assert browser.complaints() == []
    assert browser.requests() == [models.as_uri()]


def test_a_scenario_is_one_row_and_opens_in_place(browser: Browser, models: Path) -> None:
    browser.open(models, "#models")
    first, second, *_ = browser.shown(".overview tbody th a")
    articles = browser.all("article.model")
    heights = "return [...document.querySelectorAll('article.model')].map(e => e.offsetHeight)"
    assert len(articles) == 6 and set(browser.run(heights)) == {0}
    first.send_keys(Keys.ENTER)
    opened = browser.run(heights)
    assert opened[0] > 100 and not any(opened[1:])
    assert first.get_attribute("aria-expanded") == "true" and browser.run("return location.hash.slice(1)") in (
        articles[0].get_attribute("id")
    )
    first.send_keys(Keys.ENTER)
    assert browser.run(heights)[0] == 0
    browser.run("location.hash = arguments[0]", articles[1].get_attribute("id"))
    assert browser.run(heights)[1] > 100 and second.get_attribute("aria-expanded") == "true"


def test_of_several_runs_the_first_is_open(browser: Browser, several: Path) -> None:
    browser.open(several, "#faster")
    assert [part.get_attribute("open") is not None for part in browser.all("#faster details.run")] == [
        True,
        False,
        False,
    ]
    browser.run("location.hash = 's2-families'")
    assert browser.all("#faster details.run")[1].get_attribute("open") is not None


def test_runs_stand_side_by_side_by_age(browser: Browser, several: Path) -> None:
    browser.open(several, "#runs")
    heads = browser.texts(".sides thead th")[1:]
    assert [head.partition(" ")[0] for head in heads] == ["first", "second", "third"]
    (row,) = browser.shown(".history tbody tr")  # the only case that two runs have
    assert row.text.split()[-5:] == ["0.50x", "2.00x", "3.00x", "6.00x", "\u2013"]
    heights = [float(each.get_attribute("cy")) for each in browser.all(".history svg.line circle")]
    assert len(heights) == 3 and heights == sorted(heights, reverse=True)
    assert "0.50x (0." in row.find_elements("css selector", "td")[3].get_attribute("title")
    browser.run("location.hash = 'op-relu'")
    assert len(browser.all(".card:not([hidden]) .part")) == 3
    tables = browser.all(".card:not([hidden]) table.cases")
    assert [len(table.find_elements("css selector", "tbody tr")) for table in tables] == [3, 1]
    assert browser.complaints() == []
