"""How far the numbers can be trusted: the self-test, the noise between passes, disturbed cases, where the time went."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.numbers.case_row import labelled_rows
from analysis.run.load import printable
from analysis.run.wall_time import wall_time
from analysis.section import Section
from analysis.units import count_text, duration_text, number_text, percent_text
from benchmarks.record import METHOD_VERSION, PHASES, SPEEDUP_VERSION, STATISTICS_VERSION
from benchmarks.record.interval import INCONCLUSIVE
from benchmarks.record.regular_file import read_text

#: Where `make selftest` writes its results, and the repository's kept ones; the first found is shown.
SELFTESTS = (Path("results/runs/selftest/selftest.json"), Path("results/reference/selftest/selftest.json"))
#: The same for `python -m benchmarks selftest --gate`.
GATES = (Path("results/runs/selftest/gate/gate.json"), Path("results/reference/selftest/gate.json"))
#: What a self-test's numbers rest on: its version now (1 where none is stored), and what is said where it was another.
_RESTS_ON = {
    "method": (METHOD_VERSION, f"runs are now measured by method {METHOD_VERSION}"),
    "speedup": (SPEEDUP_VERSION, "the speedup of a pass is now computed in another way"),
    "statistics": (STATISTICS_VERSION, "runs are now compared by other statistics"),
}
_MOST_ROWS = 100
#: In place of a size for scenarios, each of which has its own.
_SCENARIOS = 0


@dataclass(frozen=True)
class Noise:
    """Half-widths of the intervals of a phase and size, as shares of the speedup."""

    phase: str
    size: str
    cases: str
    median: str
    high: str  #: the 90th percentile
    inconclusive: str


@dataclass(frozen=True)
class Instrument:
    """`disturbed`: (op, where) of each case that other processes disturbed.

    `selftest`, `gate`: rows of (what, measured), the files that they come from, and by which method, if known.
    """

    selftest: list[tuple[str, str]]
    selftest_file: str
    selftest_method: str
    gate: list[tuple[str, str]]
    gate_file: str
    gate_method: str
    noise: list[Noise]
    disturbed: list[tuple[str, str]]
    load_known: int  #: timed cases of which it is known whether other processes disturbed them
    load_unknown: int
    wall_time: list[tuple[str, str, str]]


def instrument(section: Section, selftests: Path | None = None) -> Instrument:
    """What is known about the instrument that measured a section; `selftests`: the folder of the self-tests, if not the
    newest of SELFTESTS and GATES are meant."""
    file, rows = stored_results(SELFTESTS if selftests is None else [selftests / "selftest.json"])
    gate_file, gate = stored_results(GATES if selftests is None else [selftests / "gate.json"])
    times = [(what, duration_text(s), percent_text(share)) for what, s, share in wall_time(section.run)]
    every = pd.concat([section.cases, section.scenarios.assign(size=_SCENARIOS)], ignore_index=True)
    methods = [measured_by(Path(each)) for each in (file, gate_file)]
    timed = every.loc[every["verdict"].notna(), "disturbed"].notna()
    load = (int(timed.sum()), int((~timed).sum()))
    noise, disturbed = list(_noise(every)), _disturbed(every)
    return Instrument(rows, file, methods[0], gate, gate_file, methods[1], noise, disturbed, *load, times)


def stored_results(files: Iterable[Path]) -> tuple[str, list[tuple[str, str]]]:
    """The first of `files` with results, and its rows; files that cannot be read are skipped."""
    for file in files:
        try:
            stored = json.loads(read_text(file))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(stored, dict):
            rows = [(printable(what), printable(said)) for what, said in stored.items() if isinstance(said, str)]
            if rows:
                return printable(str(file)), rows[:_MOST_ROWS]
    return "", []


def measured_by(file: Path) -> str:
    """'method 4', and what is done otherwise now; "" where it is not stored.

    `make reference` stores it in the folder of what the repository keeps, as a self-test's own file has results alone.
    """
    try:
        versions = json.loads(read_text(file.parent.parent / "parts.json"))[file.stem]
        method = versions["method"]
    except (OSError, ValueError, RecursionError, LookupError, TypeError):
        return ""
    if not isinstance(method, int):
        return ""
    changed = [said for name, (now, said) in _RESTS_ON.items() if versions.get(name, 1) != now]
    return "; ".join([f"method {method}", *changed])


def _noise(cases: pd.DataFrame) -> Iterable[Noise]:
    timed = cases[cases["verdict"].notna()]
    known = timed[timed["speedup_low"].notna()]
    half = (np.log(known["speedup_high"]) - np.log(known["speedup_low"])) / 2
    known = known.assign(half=np.expm1(half))
    for (phase, size), mine in sorted(
        known.groupby(["phase", "size"]), key=lambda item: (PHASES.index(item[0][0]), item[0][1])
    ):
        open_ = int((mine["verdict"] == INCONCLUSIVE).sum())
        median, high = (f"{mine['half'].quantile(at) * 100:.1f} %" for at in (0.5, 0.9))
        share = f"{open_:,} ({percent_text(open_ / len(mine))})" if open_ else "0"
        yield Noise(
            phase,
            count_text(int(size)) if size != _SCENARIOS else "scenarios",
            number_text(len(mine), "case"),
            median,
            high,
            share,
        )


def _disturbed(cases: pd.DataFrame) -> list[tuple[str, str]]:
    found = cases[cases["disturbed"].eq(True)]
    return [(case.label, f"{case.phase} {count_text(case.numel)}") for case in labelled_rows(found)]
