"""A headless browser for the report, and reports to open in it. Without a browser these tests are skipped."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.geomeans import Section, sections
from analysis.html.whole import html
from analysis.load import load_runs
from analysis.truth import Truth
from tests.analysis.hostile import hostile_run
from tests.analysis.invented import append_times, around, case, empty_run, named_run

selenium = pytest.importorskip("selenium", reason="selenium is not installed")
from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Browser:
    """A browser with what tests ask of a page."""

    driver: webdriver.Chrome

    def open(self, page: Path, hash: str = "") -> None:
        """Opens a page anew: an address that differs in its hash alone would not load it again."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(page.as_uri() + hash)

    def all(self, selector: str) -> list:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())", selector)

    def shown(self, selector: str) -> list:
        return [element for element in self.all(selector) if element.is_displayed()]

    def run(self, script: str, *arguments: object) -> object:
        return self.driver.execute_script(script, *arguments)

    def cdp(self, command: str, **parameters: object) -> None:
        self.driver.execute_cdp_cmd(command, parameters)

    def complaints(self) -> list[str]:
        """What the console was told since the page was opened."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that the page asked for since it was opened, whether it was let or not."""
        return [event["request"]["url"] for event in self._events("Network.requestWillBeSent")]

    def blocked(self) -> list[str]:
        """Why requests of the page were blocked."""
        return [event["blockedReason"] for event in self._events("Network.loadingFailed")]

    def _events(self, method: str) -> list[dict]:
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [event["params"] for event in events if event["method"] == method]


@pytest.fixture(scope="session")
def driver() -> Iterator[webdriver.Chrome]:
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    server = shutil.which("chromedriver")
    if not binary or not server:
        pytest.skip("no chromium and chromedriver here: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(flag)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # the sandbox refuses root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(server))
    yield driver
    driver.quit()


@pytest.fixture
def browser(driver: webdriver.Chrome) -> Iterator[Browser]:
    """The browser as a reader has it: on a laptop, with scripts, in the system's scheme."""
    yield Browser(driver)
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.fixture(scope="session")
def write(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes the page of some sections; nothing is stored of claims, hazards and safety."""

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
    """The report of three runs: the second the oldest."""
    parent = tmp_path_factory.mktemp("several")
    folders = []
    for name, day, speed in (("second", "02", 2.0), ("first", "01", 0.5), ("third", "03", 3.0)):
        folders.append(empty_run(parent, name=name, start=f"2026-01-{day}T03:04:05Z", label=name))
        append_times(folders[-1], case("relu"), around(speed, 0.01))
        append_times(folders[-1], case(f"only_{name}"), around(speed, 0.01))
    return write(sections(load_runs(folders)))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, write: Callable[..., Path]) -> Path:
    """A report in which every text that comes from a file is hostile."""
    return write(sections(load_runs([hostile_run(tmp_path_factory.mktemp("hostile"))])))


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
