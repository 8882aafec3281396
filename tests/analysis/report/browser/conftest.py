"""The browser for the report, and reports to open in it. Without a browser these tests are skipped."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis.report.html.render import html
from analysis.right.truth import Truth
from analysis.run.load import load_runs
from analysis.section import Section, sections
from tests.analysis.hostile import hostile_run
from tests.analysis.invented import append_times, around, case, empty_run, named_run, scenario_run

selenium = pytest.importorskip("selenium", reason="selenium is not installed")
from selenium import webdriver  # noqa: E402  # where it is not installed, the line above has skipped

from tests.analysis.report.browser.chromium import Browser, start  # noqa: E402  # imports selenium


@pytest.fixture(scope="session")
def driver() -> Iterator[webdriver.Chrome]:
    driver = start()
    if driver is None:
        pytest.skip("no chromium and chromedriver here: apt-get install chromium chromium-driver")
    yield driver
    driver.quit()


@pytest.fixture
def browser(driver: webdriver.Chrome) -> Iterator[Browser]:
    """The browser of a usual reader: on a laptop, with scripts, in the system's scheme."""
    yield Browser(driver)
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.fixture(scope="session")
def write(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes the page of some sections, without stored claims, hazards and safety."""

    def write(parts: list[Section]) -> Path:
        page = tmp_path_factory.mktemp("page") / "report.html"
        page.write_text(html(parts, Truth()), encoding="utf-8")
        return page

    return write


@pytest.fixture(scope="session")
def named(tmp_path_factory: pytest.TempPathFactory) -> list[Section]:
    return sections(load_runs([named_run(tmp_path_factory.mktemp("named"))]))


@pytest.fixture(scope="session")
def page(named: list[Section], write: Callable[..., Path]) -> Path:
    """The report of the named run."""
    return write(named)


@pytest.fixture(scope="session")
def several(tmp_path_factory: pytest.TempPathFactory, write: Callable[..., Path]) -> Path:
    """The report of three runs; the second is the oldest."""
    parent = tmp_path_factory.mktemp("several")
    folders = []
    for name, day, speed in (("second", "02", 2.0), ("first", "01", 0.5), ("third", "03", 3.0)):
        folders.append(empty_run(parent, name=name, start=f"2026-01-{day}T03:04:05Z", label=name))
        append_times(folders[-1], case("relu"), around(speed, 0.01))
        append_times(folders[-1], case(f"only_{name}"), around(speed, 0.01))
    return write(sections(load_runs(folders)))


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, write: Callable[..., Path]) -> Path:
    """The report of a run of scenarios only."""
    return write(sections(load_runs([scenario_run(tmp_path_factory.mktemp("models"))])))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, write: Callable[..., Path]) -> Path:
    """A report in which every text from a file is hostile."""
    return write(sections(load_runs([hostile_run(tmp_path_factory.mktemp("hostile"))])))
