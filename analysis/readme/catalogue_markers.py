"""Markers for the suite's own catalogue, presets and plans, as a process of the suite prints them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from analysis.readme.markers import Filling, Fillings, MarkerError

_LIST, _PRESETS = ("list", "--json"), ("list", "--presets")


class Suite:
    """The suite of a checkout, as its commands print it. MarkerError where a command fails."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._printed: dict[tuple[str, ...], str] = {}

    def printed(self, arguments: tuple[str, ...]) -> str:
        """What `python -m benchmarks ARGUMENTS` prints; each command runs once."""
        if arguments not in self._printed:
            command = [sys.executable, "-m", "benchmarks", *arguments]
            done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
            if done.returncode:
                raise MarkerError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
            self._printed[arguments] = done.stdout
        return self._printed[arguments]

    @property
    def listed(self) -> dict[str, Any]:
        """The catalogue: see `benchmarks/listing.py`."""
        return json.loads(self.printed(_LIST))


def catalogue_fillings(suite: Suite) -> Fillings:
    """What each of these markers means, for the suite of this checkout."""
    return {
        "catalogue": lambda words: _count(suite, *words),
        "catalogue-line": lambda words: _line(suite, *words),
        "presets": lambda words: _presets(suite, *words),
        "on-paper": lambda words: _on_paper(suite, *words),
    }


def _count(suite: Suite, what: str) -> Filling:
    """`catalogue pairs`, `families`, `scenarios`, `measured`, `excused`: how many."""
    count = suite.listed["counts"].get(what)
    if not count:
        raise LookupError(f"the list counts no {what}")
    return Filling(str(count), count)


def _line(suite: Suite) -> Filling:
    return Filling("\n".join(["```", *suite.listed["summary"], "```"]))


def _presets(suite: Suite) -> Filling:
    return Filling(suite.printed(_PRESETS))


def _on_paper(suite: Suite, plan: str, machines: str) -> Filling:
    """`on-paper benchmarks/fleet/twenty-kinds.toml 5`: the command, and how long the plan takes on so many machines."""
    words = ("fleet", plan, "--on-paper", machines)
    command = f"$ python -m benchmarks {' '.join(words)}"
    return Filling("\n".join(["```text", command, suite.printed(words).rstrip(), "```"]))
