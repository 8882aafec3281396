"""Thousands of cases: small enough to send, quick enough to open, and no slower a case than an eighth of them."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.section import Section
from tests.analysis.invented import scenario_run
from tests.analysis.only_section import only_section
from tests.analysis.report.browser.chromium import Browser, opening_s

pytestmark = pytest.mark.slow
FEW, MANY = 500, 2_000
MOST_BYTES = 6 * 2**20  #: of the page of ten thousand


def enlarged(section: Section, count: int, pairs: int = 250) -> Section:
    """A section of about `count` cases: those of `section` again, as other pairs and at other sizes."""
    cases = section.cases
    parts = []
    for number in range(-(-count // len(cases))):
        pair, size = divmod(number, max(1, count // pairs))
        names = {name: cases[name] + f"_{pair}" for name in ("pair", "label")}
        numel = cases["numel"] * (size + 1)
        parts.append(cases.assign(**names, numel=numel, size=numel, shape=[(n,) for n in numel]))
    whole = pd.concat(parts, ignore_index=True).head(count).sort_values(["family", "pair"], kind="stable")
    return replace(section, cases=whole.reset_index(drop=True))


def more_models(section: Section, count: int = 70) -> Section:
    """A section of `count` scenarios and some: those of `section` again, by other names."""
    copies = -(-count // section.scenarios["pair"].nunique())
    parts = [section.scenarios.assign(pair=section.scenarios["pair"] + f"_{number}") for number in range(copies)]
    return replace(section, scenarios=pd.concat(parts, ignore_index=True))


@pytest.fixture(scope="module")
def pages(named: list[Section], write: Callable[..., Path]) -> dict[int, Path]:
    return {count: write([enlarged(named[0], count)]) for count in (FEW, MANY)}


def test_no_page_is_higher_than_six_screens_before_something_is_opened(
    browser: Browser, pages: dict[int, Path], write: Callable[..., Path], tmp_path: Path
) -> None:
    browser.cdp("Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=1, mobile=False)
    models = write([more_models(only_section(scenario_run(tmp_path)))])
    for file in (pages[MANY], models):
        browser.open(file)
        for name in [link.get_attribute("hash")[1:] for link in browser.all(".top nav a")]:
            browser.run("location.hash = arguments[0]", name)
            assert browser.run("return document.documentElement.scrollHeight") <= 6 * 800, (name, file)


def test_ten_thousand_cases_fit_in_six_mebibytes(pages: dict[int, Path]) -> None:
    small, large = (page.stat().st_size for page in pages.values())
    per_case = (large - small) / (MANY - FEW)
    assert large + (10_000 - MANY) * per_case < MOST_BYTES
    assert large < 3 * small, "a page has parts that all cases share"


def test_opening_grows_no_faster_than_the_cases(browser: Browser, pages: dict[int, Path]) -> None:
    small, large = (opening_s(browser, page) for page in pages.values())
    assert large < small * MANY / FEW


@pytest.mark.parametrize("where", ["heat", "phases"])
def test_a_row_that_is_put_aside_has_an_address_all_the_same(
    browser: Browser, pages: dict[int, Path], where: str
) -> None:
    last = re.findall(rf'id="({where}-[^"]+)"', pages[FEW].read_text(encoding="utf-8"))[-1]
    browser.open(pages[FEW], f"#{last}")
    assert [row.get_attribute("id") for row in browser.shown("#faster tr.here")] == [last]
    browser.open(pages[FEW], "#why")
    browser.run("location.hash = arguments[0]", last)
    assert [row.get_attribute("id") for row in browser.shown("#faster tr.here")] == [last]


def test_paper_says_how_many_rows_it_has_not(browser: Browser, pages: dict[int, Path]) -> None:
    browser.open(pages[MANY], "#cases")
    browser.run("dispatchEvent(new Event('beforeprint'))")
    browser.cdp("Emulation.setEmulatedMedia", media="print")
    assert len(browser.all("#all-cases tbody tr")) == 500
    assert "The first 500 of 2,000 rows." in [each.text for each in browser.shown(".printed")]


def test_few_rows_are_laid_out_and_all_are_found(browser: Browser, pages: dict[int, Path]) -> None:
    browser.open(pages[MANY], "#cases")
    assert len(browser.all("#all-cases tbody tr")) == 100
    assert browser.texts("#cases .controls [role=status]") == ["2,000 of 2,000 rows"]
    (find,) = browser.all("#cases .controls input")
    find.send_keys("half_the_memory_7 inference")
    assert set(browser.texts("#all-cases tbody th a:first-child")) == {"half_the_memory_7"}
    find.clear()
    browser.run("location.hash = 'slower_3.inference.256Ki.retained'")
    (row,) = browser.shown("#all-cases tr.here")
    assert row.text.startswith("slower_3")
    assert browser.complaints() == []
