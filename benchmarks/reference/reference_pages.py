"""What is made of the kept results: the report, its picture, and the numbers in the README files."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.entry import run_command
from benchmarks.reference.reference_kept import VERSION_RUNS, kept_runs_folder, newest_kept_run
from benchmarks.reference.reference_parts import PARTS, REFERENCE, TURNS, items_of
from benchmarks.reference.reference_steps import StepFailed

#: Where the report is written with its figures and tables, of which the repository keeps the page alone.
REPORT, VERSIONS_REPORT = Path("results/reports/reference"), Path("results/reports/versions")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_WINDOW = "1280,900"
_LIMIT_S = 120.0


def write_pages(say: Callable[[str], object]) -> None:
    """Write the report of the quoted runs and its picture, that of the versions, and the README files.

    StepFailed, one line. Without a browser the picture stays as it is, and a line says so.
    """
    _analysis("report", "--quoted", "--to", str(REPORT))
    page = REFERENCE / "report.html"
    shutil.copyfile(REPORT / page.name, page)
    _draw(page, say)
    _write_versions_page()
    _analysis("readme")


def _write_versions_page() -> None:
    """What differs between versions of torch: the text of the report of the newest kept run of each."""
    items = items_of([part for part in PARTS if part.kind == TURNS])
    found = [newest_kept_run(item, kept_runs_folder(item.part)) for item in items]
    runs = [str(run[0]) for run in found if run is not None]
    if len(runs) > 1:
        _analysis("report", *runs, "--to", str(VERSIONS_REPORT))
        page = REFERENCE / VERSION_RUNS / "report.md"
        shutil.copyfile(VERSIONS_REPORT / page.name, page)


def _draw(page: Path, say: Callable[[str], object]) -> None:
    """Make the picture of the page's first screen. What a browser prints (pages of warnings) is not shown."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    picture = page.with_suffix(".png")
    if browser is None:
        say(f"{picture}: as it was; none of {', '.join(_BROWSERS)} is installed")
        return
    options = ("--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={_WINDOW}")
    command = [browser, *options, f"--screenshot={picture}", page.absolute().as_uri()]
    try:
        subprocess.run(command, capture_output=True, check=True, timeout=_LIMIT_S)
    except (subprocess.SubprocessError, OSError) as error:
        raise StepFailed(f"{picture}: {browser} did not make it: {type(error).__name__}") from None
    say(f"{picture}: written")


def _analysis(*words: str) -> None:
    status = run_command([sys.executable, "-m", "analysis", *words])
    if status:
        raise StepFailed(f"analysis {words[0]} ended with status {status}: mend what it names, then PART=pages")
