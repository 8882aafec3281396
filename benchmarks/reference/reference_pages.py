"""What is made of the kept results: the report, its picture, and the numbers in the README files."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.entry import run_command
from benchmarks.reference.reference_parts import REFERENCE
from benchmarks.reference.reference_steps import StepFailed

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_WINDOW = "1280,900"
_LIMIT_S = 120.0


def write_pages(say: Callable[[str], object]) -> None:
    """Write the README files and the kept reports, and the picture of the page's first screen.

    StepFailed, one line. Without a browser the picture stays as it is, and a line says so.
    """
    if status := run_command([sys.executable, "-m", "analysis", "readme"]):
        raise StepFailed(f"analysis readme ended with status {status}: mend what it names, then PART=pages")
    _draw(REFERENCE / "report.html", say)


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
