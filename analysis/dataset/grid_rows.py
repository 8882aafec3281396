"""The numbers of a grid as rows of text for a page, and as tables with every row."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.dataset.changed_cases import KINDS_OF_CHANGE
from analysis.dataset.version_grid import ChangeKey, FleetCell, FleetChange, FleetGrid, FleetPlace
from analysis.units import MISSING, number_text, ratio_text
from benchmarks.record.interval import VERDICTS


@dataclass(frozen=True)
class GridCellText:
    """A version on a place: its geomean speedup, the counts of its verdicts, and other numbers as a text."""

    speedup: str
    verdicts: list[tuple[str, int]]
    about: str


@dataclass(frozen=True)
class GridRow:
    """A place: a cell per version (None if not measured), and per version after the first how many cases changed."""

    name: str
    cells: list[GridCellText | None]
    changed: list[str]


@dataclass(frozen=True)
class FoldedChange:
    """A change of one op between two versions, over all places."""

    kind: str
    pair: str
    versions: str
    cases: str
    places: str
    example: str
    before: str
    after: str


def grid_rows(grid: FleetGrid) -> list[GridRow]:
    """Return a row per place, in the order of the grid."""
    return [
        GridRow(
            place_text(place),
            [_cell_text(grid.cells.get((place, version))) for version in grid.versions],
            [_changed_text(grid, place, version) for version in grid.versions[1:]],
        )
        for place in grid.places
    ]


def folded_changes(grid: FleetGrid, most: int) -> list[FoldedChange]:
    """Return at most `most` changes, an equal share per kind. Those on most places, in most cases, come first."""
    kinds = {kind: [each for each in _ordered(grid) if each[0][0] == kind] for kind in KINDS_OF_CHANGE}
    share = {kind: min(len(some), most // len(kinds)) for kind, some in kinds.items()}
    return [_folded(grid, *each) for kind, some in kinds.items() for each in some[: share[kind]]]


def place_text(place: FleetPlace) -> str:
    """Return the name of a place, such as 'AMD EPYC, 2 cores (cpu)'."""
    return f"{place.machine} ({place.device})"


def places_table(grid: FleetGrid) -> pd.DataFrame:
    """Return a row per place and version: every number of the grid, and what changed since the version before."""
    rows = []
    for (place, version), cell in grid.cells.items():
        changed = grid.changed.get((place, version))
        counts = {f"{kind}_changed": changed[kind] if changed is not None else None for kind in KINDS_OF_CHANGE}
        verdicts = {word.replace(" ", "_"): cell.verdicts[word] for word in VERDICTS}
        known = {"machine": place.machine, "device": place.device, "torch": version, "run": " ".join(cell.runs)}
        numbers = {"cases": cell.cases, "failed": cell.failed, "speedup": cell.speedup, "peak_ratio": cell.memory_ratio}
        rows.append({**known, **numbers, **verdicts, "compared": grid.compared.get((place, version)), **counts})
    return pd.DataFrame(rows)


def fleet_changes_table(grid: FleetGrid) -> pd.DataFrame:
    """Return a row per kind of change, op and pair of versions, the most important first."""
    names = ("kind", "pair", "before", "after")
    rows = [
        {
            **dict(zip(names, key, strict=True)),
            **{"cases": change.cases, "places": len(change.places), "case": change.example},
            **{"place": _example_place(change), "value_before": change.before, "value_after": change.after},
        }
        for key, change in _ordered(grid)
    ]
    return pd.DataFrame(rows)


def _ordered(grid: FleetGrid) -> Sequence[tuple[ChangeKey, FleetChange]]:
    def order(each: tuple[ChangeKey, FleetChange]) -> tuple:
        (kind, *names), change = each
        return KINDS_OF_CHANGE.index(kind), -len(change.places), -change.cases, -change.size, names

    return sorted(grid.changes.items(), key=order)


def _folded(grid: FleetGrid, key: ChangeKey, change: FleetChange) -> FoldedChange:
    kind, pair, before, after = key
    on = f"{len(change.places)} of {len(grid.places)}"
    example = f"{change.example}, on {_example_place(change)}"
    return FoldedChange(
        kind, pair, f"{before} to {after}", f"{change.cases:,}", on, example, change.before, change.after
    )


def _example_place(change: FleetChange) -> str:
    return place_text(change.example_place) if change.example_place else ""


def _cell_text(cell: FleetCell | None) -> GridCellText | None:
    if cell is None:
        return None
    verdicts = [(word, count) for word, count in cell.verdicts.items() if count]
    about = [number_text(cell.cases, "case"), f"memory ratio {ratio_text(cell.memory_ratio)}"]
    about += [f"{cell.failed:,} failed"] if cell.failed else []
    return GridCellText(ratio_text(cell.speedup), verdicts, ", ".join([*about, *cell.runs]))


def _changed_text(grid: FleetGrid, place: FleetPlace, version: str) -> str:
    counts = grid.changed.get((place, version))
    return MISSING if counts is None else " / ".join(f"{counts[kind]:,}" for kind in KINDS_OF_CHANGE)
