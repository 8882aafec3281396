"""Tables: the search finds, sorting sorts, filters filter, copying copies; cards hold all of an op."""

import csv
import io
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.analysis.report.browser.chromium import Browser


@pytest.fixture
def cases(browser: Browser, page: Path) -> Browser:
    """The browser at the table of every case; what is copied lands in `window.copied`."""
    browser.open(page, "#cases")
    browser.run(
        "Object.defineProperty(navigator, 'clipboard', "
        "{ value: { writeText: async (text) => { window.copied = text; } } })"
    )
    return browser


def column(browser: Browser, name: str) -> list[str]:
    heads = [text.rstrip(" ↑↓") for text in browser.texts("#all-cases thead th")]
    return browser.texts(f"#all-cases tbody tr > :nth-child({heads.index(name) + 1})")


def click_head(browser: Browser, name: str) -> None:
    (head,) = (head for head in browser.all("#all-cases thead button") if head.text.rstrip(" ↑↓") == name)
    head.click()


def test_the_search_finds_an_op_and_opens_its_card(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.driver.switch_to.active_element.send_keys("/")
    find = browser.driver.switch_to.active_element
    assert find.get_attribute("id") == "find"
    find.send_keys("twice")
    assert browser.texts("#found li span") == ["twice_as_fast"]
    find.send_keys(Keys.ENTER)
    (card,) = browser.shown(".card")
    assert card.find_element("css selector", "h3").text.startswith("twice_as_fast")
    assert browser.run("return location.hash") == "#op-twice_as_fast"


def test_the_search_goes_by_arrows_and_says_when_nothing_is_found(browser: Browser, page: Path) -> None:
    browser.open(page)
    (find,) = browser.all("#find")
    find.send_keys("s")
    found = browser.texts("#found li span")
    assert found[:2] == ["same", "slower"]
    find.send_keys(Keys.ARROW_DOWN)
    assert find.get_attribute("aria-activedescendant") == "found-1"
    find.send_keys(Keys.ENTER)
    assert browser.run("return location.hash") == f"#op-{found[1]}"
    find.send_keys("no such op", Keys.ENTER)
    assert browser.texts("#found li") == ["no op of that name"]
    find.send_keys(Keys.ESCAPE)
    assert not browser.shown("#found")


def test_a_card_holds_all_of_an_op(browser: Browser, page: Path) -> None:
    browser.open(page, "#op-twice_as_fast")
    (card,) = browser.shown(".card")
    for words in ("Use it", "python -m benchmarks run --pair twice_as_fast", "Its cases"):
        assert words in card.text
    rows = [row.text for row in card.find_elements("css selector", ".cases tbody tr")]
    assert len(rows) == 4
    assert ["2.00x" in rows[0], "3.00x" in rows[2], "12.0x" in rows[1], "0.90x" in rows[3]] == [True] * 4
    repeat = [button.get_attribute("title") for button in card.find_elements("css selector", ".cases button.copy")]
    assert repeat[3].endswith("--threads 2 --select 'bench_step and -retained-2t- and not -othergrad-'")


def test_sorting_goes_by_the_number_and_leaves_what_has_none_last(cases: Browser) -> None:
    click_head(cases, "speedup")
    speeds = column(cases, "speedup")
    known = [float(text[:-1]) for text in speeds if text]
    assert known == sorted(known, reverse=True)
    assert len(set(known)) > 5
    assert speeds[len(known) :] == [""] * (len(speeds) - len(known)) != []
    click_head(cases, "speedup")
    assert [float(text[:-1]) for text in column(cases, "speedup") if text] == sorted(known)
    assert column(cases, "speedup")[-1] == ""
    click_head(cases, "op")
    names = column(cases, "op")
    assert names == sorted(names)
    assert cases.run("return document.querySelectorAll('#all-cases [aria-sort]').length") == 1


def test_filters_filter_together_with_words(cases: Browser) -> None:
    labels = {label.text.split("\n")[0].strip(): label for label in cases.all("#cases .controls label")}
    assert {"Find", "phase", "verdict", "family", "heap"} <= set(labels)
    total = len(column(cases, "op"))
    phase = Select(labels["phase"].find_element("css selector", "select"))
    phase.select_by_visible_text("step")
    assert column(cases, "phase") == ["step"]
    assert f"1 of {total} rows" in cases.texts("#cases .controls [role=status]")
    phase.select_by_visible_text("all")
    labels["Find"].find_element("css selector", "input").send_keys("twice faster")
    assert set(column(cases, "op")) == {"twice_as_fast"}
    assert set(column(cases, "verdict")) == {"faster"}
    assert len(column(cases, "op")) == 3


def test_a_table_is_copied_as_csv_with_raw_numbers(cases: Browser) -> None:
    (find,) = cases.all("#cases .controls input")
    find.send_keys("half_the_memory")
    cases.all("#cases .controls button")[0].click()
    (row,) = csv.DictReader(io.StringIO(cases.run("return window.copied")))
    words = [row[name] for name in ("op", "phase", "numel", "verdict")]
    assert words == ["half_the_memory", "inference", "65536", "faster"]
    assert float(row["outofplace_time_s"]) == 1e-4
    assert float(row["speedup_low"]) < float(row["speedup"]) == 1.5 < float(row["speedup_high"])
    assert int(row["outofplace_peak_bytes"]) == 2 * int(row["inplace_peak_bytes"]) == 8 * 65536
    hidden = cases.run("return [...document.querySelectorAll('#all-cases th[hidden]')].map(e => e.dataset.csv)")
    assert hidden and set(" ".join(hidden).split()) <= set(" ".join(row).split())
    copied, columns = cases.all("#cases .controls button")
    assert (copied.text, columns.text) == ("copied", "All 14 columns")
    columns.click()
    assert not cases.all("#all-cases th[hidden], #all-cases td[hidden]")


def test_no_name_becomes_a_formula(cases: Browser) -> None:
    (find,) = cases.all("#cases .controls input")
    find.send_keys("half_the_memory")
    cases.run("document.querySelector('#all-cases tbody th a').textContent = '=1+1,\"x\"'")
    cases.all("#cases .controls button")[0].click()
    assert cases.run("return window.copied").splitlines()[1].startswith("\"'=1+1")


def test_strips_are_drawn_where_there_is_an_interval(browser: Browser, page: Path) -> None:
    browser.open(page, "#faster")
    assert len(browser.shown(".phases .strip")) == len(browser.all(".phases td[data-v]")) > 5
    assert browser.texts(".phases td.failed") != []
