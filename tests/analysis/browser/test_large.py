"""Ten thousand cases: small enough to send, quick enough to open, and no slower a case than a tenth of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.geomeans import Section
from tests.analysis.browser.chromium import Browser, opening_s
from tests.analysis.browser.conftest import enlarged

MOST_BYTES = 8 * 2**20


@pytest.fixture(scope="module")
def pages(named: list[Section], write: Callable[..., Path]) -> dict[int, Path]:
    return {count: write([enlarged(named[0], count)]) for count in (1_000, 10_000)}


def test_ten_thousand_cases_fit_in_eight_mebibytes(pages: dict[int, Path]) -> None:
    small, large = (page.stat().st_size for page in pages.values())
    assert large < MOST_BYTES
    assert large < 12 * small


def test_opening_grows_no_faster_than_the_cases(browser: Browser, pages: dict[int, Path]) -> None:
    small, large = (opening_s(browser, page) for page in pages.values())
    assert large < 20 * small


def test_few_rows_are_laid_out_and_all_are_found(browser: Browser, pages: dict[int, Path]) -> None:
    browser.open(pages[10_000], "#cases")
    assert len(browser.all("#all-cases tbody tr")) == 100
    assert browser.texts("#cases .controls [role=status]") == ["10,000 of 10,000 rows"]
    (find,) = browser.all("#cases .controls input")
    find.send_keys("half_the_memory_7 inference")
    assert set(browser.texts("#all-cases tbody th a:first-child")) == {"half_the_memory_7"}
    find.clear()
    browser.run("location.hash = 'slower_3.inference.256Ki.retained'")
    (row,) = browser.shown("#all-cases tr.here")
    assert row.text.startswith("slower_3")
    assert browser.complaints() == []
