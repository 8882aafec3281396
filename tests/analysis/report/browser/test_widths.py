"""Pages of every kind with what they hold in a real report: none is wider than its window, and code is set as code."""

import shutil
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from analysis.report.html.render import html
from analysis.right.truth import StoredRows, Truth, read_truth
from analysis.run.load import load_runs
from analysis.section import sections
from benchmarks.record.folder import read_run
from tests.analysis.across.invented_versions import version_run
from tests.analysis.four_places import on_gpu
from tests.analysis.invented import scenario_run
from tests.analysis.report.browser.chromium import Browser
from tests.analysis.report.browser.contrast import poor_contrast
from tests.support.commands import ROOT

KEPT = ROOT / "results/reference"
PAGES = {"answer", "yours", "faster", "memory", "models", "right", "why", "ops", "cases", "runs"}
PAGES |= {"coverage", "instrument", "machine", "glossary"}
#: Opens all that is folded on the page that is shown; the boxes that a laptop's reader would have to push sideways.
PUSHED = """
const page = document.querySelector(".page:not([hidden])");
page.querySelectorAll("details").forEach((each) => { each.open = true; });
const boxes = [...page.querySelectorAll(".wide"), document.querySelector(".top nav")];
return boxes.filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
  .map((e) => `${e.tagName} ${e.firstElementChild.className}: ${e.scrollWidth} in ${e.clientWidth}`);
"""
#: Heads of rows that are too narrow for their words.
BROKEN = """
const heads = document.querySelectorAll(".page:not([hidden]) :is(.counts tbody th, .overview > tbody > tr > th)");
return [...heads].filter((e) => e.checkVisibility() && e.offsetWidth < 110).map((e) => e.innerText);
"""
RAW_CODE = """
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
while (walk.nextNode())
  if (/`[^`]+`/.test(walk.currentNode.data) && !walk.currentNode.parentElement.closest("pre, code, script"))
    found.push(walk.currentNode.data);
return found;
"""


def kept_truth(folder: Path) -> Truth:
    """What the repository keeps of correctness on torch 2.13; of the matrix some rows."""
    folder.mkdir()
    for stored in (KEPT / "autograd").glob("*-torch2.13.0*"):
        shutil.copy(stored, folder)
    truth = read_truth([folder])
    rows = {place: dict(islice(found.items(), 30)) for place, found in truth.safety.by_place.items()}
    return replace(truth, safety=StoredRows(rows))


def advised_runs() -> list[Path]:
    """Kept answers on own code: one with a patch, and one of which nothing is to be switched."""
    by_step = {read_run(run)["advice"]["steps"][0]["step"]: run for run in (KEPT / "advised").iterdir()}
    return [by_step["gan.py:gan_training"], by_step["resnet.py:resnet_training"]]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of two versions, of one of them also on a GPU, of models and of own code, with kept findings."""
    folder = tmp_path_factory.mktemp("full")
    versions = [version_run(folder, torch, {"relu": speed}) for torch, speed in (("2.6.0", 1.5), ("2.13.0", 0.8))]
    (folder / "gpu").mkdir()
    gpu = on_gpu(versions[1], folder / "gpu")
    page, truth = folder / "report.html", kept_truth(folder / "autograd")
    parts = sections(load_runs([*versions, gpu, scenario_run(folder), *advised_runs()]))
    page.write_text(html(parts, truth), encoding="utf-8")
    return page


@pytest.fixture(params=["of every kind", "kept"])
def report(request: pytest.FixtureRequest) -> Path:
    """The report with pages of every kind, and the one that the repository keeps, of hundreds of ops."""
    return KEPT / "report.html" if request.param == "kept" else request.getfixturevalue("full")


def pages_of(browser: Browser) -> list[str]:
    """The ids of the pages that the report has, in the order of its links."""
    return [link.get_attribute("hash")[1:] for link in browser.all(".top nav a")]


def show(browser: Browser, name: str) -> None:
    browser.run("location.hash = arguments[0]", name)
    assert browser.run("return document.getElementById(arguments[0]).checkVisibility()", name)


def test_the_report_has_pages_of_every_kind(browser: Browser, full: Path) -> None:
    browser.open(full)
    assert set(pages_of(browser)) == PAGES


def test_no_page_is_higher_than_six_screens_or_asks_for_anything(browser: Browser, report: Path) -> None:
    browser.cdp("Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=1, mobile=False)
    browser.open(report)
    assert browser.requests() == [report.as_uri()]
    for name in pages_of(browser):
        show(browser, name)
        assert browser.run("return document.documentElement.scrollHeight") <= 6 * 800, name
    assert browser.complaints() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_on_pages_of_every_kind_has_contrast(browser: Browser, full: Path, scheme: str) -> None:
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(full)
    for name in PAGES:
        show(browser, name)
        assert poor_contrast(browser, name) == [], name


def test_no_page_is_wider_than_its_window(browser: Browser, report: Path) -> None:
    for width in (390, 1280):
        metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.cdp("Emulation.setDeviceMetricsOverride", **metrics)
        browser.open(report)
        for name in pages_of(browser):
            show(browser, name)
            pushed = browser.run(PUSHED)
            assert browser.run("return document.documentElement.scrollWidth") <= width, (name, width)
            assert width < 500 or pushed == [], name
            assert browser.run(BROKEN) == [], (name, width)
    assert browser.run(RAW_CODE) == []
    assert browser.complaints() == []
