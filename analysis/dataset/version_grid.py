"""Numbers per version of torch on each kind of machine and device, and what changed from one version to the next.

Each place is read version by version, so only the runs of two versions are in memory at once. The same changes between
versions count as on the page of a few runs (`analysis.across`), except changes of times and speedups: the gate compares
these by their rounds, which the columns do not hold. If several runs of a place and version have a case, the newest run
counts. So a run of ops and a run of scenarios make one cell.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from analysis.across.matched_cases import CASE_KEY
from analysis.dataset.changed_cases import SHOWN_OF_CASES, changed_cases, keyed_cases
from analysis.dataset.parquet_runs import ColumnarRun, read_columns
from analysis.numbers.geomeans import geomean, headline
from analysis.numbers.quantities import PEAK_BYTES
from benchmarks.autograd.record.files import version_key
from benchmarks.record import OK
from benchmarks.record.interval import VERDICTS

_READ = [*SHOWN_OF_CASES, "allocator", "threads", "plain"]


@dataclass(frozen=True, order=True)
class FleetPlace:
    """A kind of machine and a device: a row of the grid."""

    machine: str
    device: str


@dataclass(frozen=True)
class FleetCell:
    """The numbers of one version on one place. Speedup, memory ratio and verdicts are those of its ops."""

    runs: tuple[str, ...]  #: names, the newest first
    cases: int
    failed: int  #: how many cases failed
    speedup: float | None  #: geomean of the felt speedups of all plain cases
    memory_ratio: float | None  #: geomean of out-of-place over in-place bytes at the peak, of the same cases
    verdicts: dict[str, int]  #: how many of the same cases have each verdict


@dataclass
class FleetChange:
    """One kind of change of one op between two versions, over all places."""

    cases: int = 0
    places: set[FleetPlace] = field(default_factory=set)
    example: str = ""  #: the case that changed most
    example_place: FleetPlace | None = None
    before: str = ""
    after: str = ""
    size: float = -1.0  #: of the example, as a natural log


#: Kind, pair, the version before, the version after.
ChangeKey = tuple[str, str, str, str]


@dataclass
class FleetGrid:
    """All numbers of a page.

    The key of `compared`, `changed_cases` and `changed` is a place and the later of two versions. `compared`: how many
    cases both versions have. `changed_cases`: in how many of them anything changed. `changed`: the same per kind.
    """

    versions: list[str]
    places: list[FleetPlace]
    cells: dict[tuple[FleetPlace, str], FleetCell] = field(default_factory=dict)
    compared: Counter[tuple[FleetPlace, str]] = field(default_factory=Counter)
    changed_cases: Counter[tuple[FleetPlace, str]] = field(default_factory=Counter)
    changed: dict[tuple[FleetPlace, str], Counter[str]] = field(default_factory=dict)
    changes: dict[ChangeKey, FleetChange] = field(default_factory=dict)
    measurements: int = 0  #: of all runs that count
    cases: int = 0
    left_out: int = 0  #: runs that newer runs of the same place and version replace


def version_grid(runs: Sequence[ColumnarRun]) -> FleetGrid:
    """Return the grid of these runs. RecordError if a file is damaged."""
    here = _by_place_and_version(runs)
    versions = sorted({version for _, version in here}, key=version_key)
    grid, used = FleetGrid(versions, sorted({place for place, _ in here})), dict[str, ColumnarRun]()
    for place in grid.places:
        before: tuple[str, pd.DataFrame] | None = None
        for version in versions:
            if (place, version) not in here:
                continue
            counting, cases = _newest_cases(here[place, version], place.device)
            used |= {run.name: run for run in counting}
            grid.cells[place, version] = _cell(counting, cases)
            after = version, keyed_cases(cases)
            if before is not None:
                _compare(grid, place, before, after)
            before = after
    grid.measurements = sum(run.measurements for run in used.values())
    grid.cases = sum(cell.cases for cell in grid.cells.values())
    grid.left_out = len(runs) - len(used)
    return grid


def _by_place_and_version(runs: Sequence[ColumnarRun]) -> dict[tuple[FleetPlace, str], list[ColumnarRun]]:
    """Return the runs by place and version, the newest first."""
    found: dict[tuple[FleetPlace, str], list[ColumnarRun]] = {}
    for run in sorted(runs, key=lambda run: (run.start, run.name), reverse=True):
        for device, machine in run.machines.items():
            found.setdefault((FleetPlace(machine, device), run.torch), []).append(run)
    return found


def _newest_cases(runs: Sequence[ColumnarRun], device: str) -> tuple[list[ColumnarRun], pd.DataFrame]:
    """Return the runs that give a case, and every case of these runs once, from the newest run that has it."""
    counting, parts, taken = [], [], set[tuple]()
    for run in runs:
        cases = read_columns(run, device, _READ)
        keys = list(cases.assign(heap=cases["allocator"] == "fresh")[CASE_KEY].itertuples(index=False, name=None))
        mine = cases[[key not in taken for key in keys]]
        if len(mine) or not parts:  # a run without any case is named only if it is the first
            counting, parts = [*counting, run], [*parts, mine]
        taken.update(keys)
    return counting, parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def _cell(runs: Sequence[ColumnarRun], cases: pd.DataFrame) -> FleetCell:
    shown = headline(cases[cases["scale"] == 0])
    counts = shown["verdict"].value_counts()
    out, into = (shown[column].astype(float) for column in PEAK_BYTES.columns)
    return FleetCell(
        runs=tuple(run.name for run in runs),
        cases=len(cases),
        failed=int((cases["state"] != OK).sum()),
        speedup=geomean(shown["speedup"]),
        memory_ratio=geomean(out / into),
        verdicts={word: int(counts.get(word, 0)) for word in VERDICTS},
    )


def _compare(
    grid: FleetGrid, place: FleetPlace, before: tuple[str, pd.DataFrame], after: tuple[str, pd.DataFrame]
) -> None:
    """Count in the grid what changed in the cases that both versions have."""

    found = changed_cases(before[1], after[1])
    grid.compared[place, after[0]], grid.changed_cases[place, after[0]] = found.compared, found.changed
    grid.changed[place, after[0]] = Counter(found.rows["kind"])
    for (kind, pair), some in found.rows.groupby(["kind", "pair"], sort=False):
        key = (str(kind), str(pair), before[0], after[0])
        change = grid.changes.setdefault(key, FleetChange())
        change.cases += len(some)
        change.places.add(place)
        largest = some.iloc[int(some["size"].to_numpy().argmax())]
        if largest["size"] > change.size:
            change.size, change.example_place = float(largest["size"]), place
            change.example, change.before, change.after = (largest[name] for name in ("case", "before", "after"))
