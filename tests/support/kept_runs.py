"""The runs that the repository keeps, found by what they measured."""

from pathlib import Path

from benchmarks.record.folder import read_run
from tests.support.commands import ROOT

_REFERENCE = ROOT / "results/reference"


def newest_kept(select: str) -> Path:
    """Return the folder of the newest kept run with this option `select`."""
    runs = sorted(path.parent for path in _REFERENCE.glob("2*/run.json"))
    return [run for run in runs if read_run(run)["options"].get("select") == select][-1]


KEPT_OPS = newest_kept("not bench_scenarios")
