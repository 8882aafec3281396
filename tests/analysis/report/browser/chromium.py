"""A headless browser for the tests of the report, and for the time that a page takes to open."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

#: In this order: where both are installed, as on hosted CI runners, chromium may be a build that only root can start.
BROWSERS = ("google-chrome", "chromium", "chromium-browser")


@dataclass(frozen=True)
class Browser:
    """A browser with the questions that tests ask about a page."""

    driver: webdriver.Chrome

    def open(self, page: Path, hash: str = "") -> None:
        """Opens a page from scratch: an address that differs only in its hash would not load it again."""
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
        """The console's messages since the page was opened."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that the page requested since it was opened, blocked ones included."""
        return [event["request"]["url"] for event in self._events("Network.requestWillBeSent")]

    def blocked(self) -> list[str]:
        """Why requests of the page were blocked."""
        return [event["blockedReason"] for event in self._events("Network.loadingFailed")]

    def _events(self, method: str) -> list[dict]:
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [event["params"] for event in events if event["method"] == method]


def start() -> webdriver.Chrome | None:
    """A browser of a laptop's size; None where no browser is installed."""
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    server = shutil.which("chromedriver")
    if not binary or not server:
        return None
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(flag)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # the sandbox refuses root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(server))


def opening_s(browser: Browser, page: Path, times: int = 3) -> float:
    """Seconds until a page has loaded and its scripts have run, the median of some openings."""
    taken = []
    for _ in range(times):
        browser.open(page)
        taken.append(browser.run("return performance.getEntriesByType('navigation')[0].loadEventEnd"))
    return median(taken) / 1000
