"""Tables of the report as text: headings and rows of a section. Templates only lay them out."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.numbers.byte_relation import byte_relation
from analysis.numbers.case_row import labelled_rows
from analysis.numbers.felt import as_felt
from analysis.numbers.geomeans import geomeans
from analysis.numbers.gpu_text import floor_words
from analysis.numbers.memory import QUESTIONS, ops_by_need
from analysis.numbers.ratios import FLOOR_FACTOR, LOAD_LIMIT
from analysis.report.gpu_notes import case_notes
from analysis.run import description
from analysis.run.load import printable_name
from analysis.section import Section
from analysis.units import (
    MISSING,
    count_text,
    known,
    multiple_text,
    number_text,
    percent_text,
    ratio_text,
    unnumbered_text,
)
from benchmarks.record import OK, PHASES, PROSE, STATES, Measurement
from benchmarks.record.interval import VERDICTS


@dataclass(frozen=True)
class GeomeanCell:
    """A geomean in a table: its text, its basis (number of cases), and their verdicts as (verdict, count). Where the
    host of a GPU decides in some of the cases, it is the felt one, and `device_...` is the device's."""

    ratio: str
    basis: str
    verdicts: list[tuple[str, int]]
    device_ratio: str = ""
    device_verdicts: list[tuple[str, int]] = field(default_factory=list)


Matrix = list[tuple[str, list[GeomeanCell | None]]]
#: A row, by column, of a table whose columns vary.
Row = Mapping[Hashable, Any]
#: The order of states among cases that could not be compared: the gravest first, cases that work last.
_RANKS = {state: rank for rank, state in enumerate((*STATES[1:], OK))}


def compared_phases(section: Section) -> list[str]:
    """The phases in which a section's cases were compared, in order."""
    judged = section.cases.loc[section.cases["verdict"].notna(), "phase"]
    return [phase for phase in PHASES if (judged == phase).any()]


def geomean_rows(section: Section, rows: str) -> Matrix:
    """Geomeans with a row per value of the column `rows` and a column per phase; a fresh heap has its own rows."""
    table = _geomean_rows(section.headline, section, rows, "")
    if len(table) > 1 and rows == "family":
        table += _geomean_rows(section.headline.assign(family="all"), section, rows, "")
    apart = section.fresh
    return table + (_geomean_rows(apart, section, rows, ", fresh pages") if len(apart) else [])


def _geomean_rows(cases: pd.DataFrame, section: Section, rows: str, note: str) -> Matrix:
    by = [rows, "phase"]
    means = geomeans(cases, by).to_dict("records")
    felt_cases = as_felt(cases)  # the same on a CPU
    felt_means = means if felt_cases is cases else geomeans(felt_cases, by).to_dict("records")
    cells = {(felt[rows], felt["phase"]): _cell(felt, device) for felt, device in zip(felt_means, means, strict=True)}
    values = dict.fromkeys(cases[rows] if rows == "family" else sorted(cases[rows]))
    across = compared_phases(section)
    name = count_text if rows == "size" else str
    return [(f"{name(value)}{note}", [cells.get((value, phase)) for phase in across]) for value in values]


def _cell(felt: Row, device: Row) -> GeomeanCell:
    open_, decides = felt["inconclusive"], device["host_decides"]
    basis = number_text(felt["n"], "case") + (f", {open_:,} inconclusive" if open_ else "")
    if not known(decides) or not decides:
        return GeomeanCell(ratio_text(felt["speedup"]), basis, _verdicts(felt))
    basis += f", the host decides in {decides:,}"
    device_figure = ratio_text(device["speedup"]), _verdicts(device)
    return GeomeanCell(ratio_text(felt["speedup"]), basis, _verdicts(felt), *device_figure)


def odd_sizes(section: Section) -> str:
    """A sentence on cases that count under another size; empty where there are none."""
    shown = section.headline
    count = int((shown["size"] != shown["numel"]).sum())
    return f"{number_text(count, 'case')} of a size that few ops share: counted under the nearest." if count else ""


@dataclass(frozen=True)
class Effect:
    """The effect of an axis's value in one phase: both speedups, and the memory ratios where they differ, as text."""

    speedup: str
    plain: str
    basis: str
    memory: str
    verdicts: list[tuple[str, int]]


_AXIS_TITLES = {
    "dtype": "dtype",
    "layout": "layout",
    "operand": "other operand",
    "other_requires_grad": "gradient of the other operand",
    "allocator": "heap",
}
_VALUE_TEXTS = {
    ("layout", "strided"): "strided (every second element)",
    ("operand", "zero_dim"): "0-d tensor",
    ("operand", "scalar"): "Python number",
    ("other_requires_grad", "True"): "requires grad",
    ("allocator", "fresh"): "fresh pages",
}
#: Memory ratios closer than this share are the same: allocators round up.
_SAME_MEMORY = 0.01


def effect_rows(section: Section) -> tuple[list[str], list[tuple[str, list[tuple[str, list[Effect | None]]]]]]:
    """What the other axes change, by felt speedups: the phases; and by axis its values, each with an Effect or None per
    phase."""
    cells: dict[str, dict[str, dict[str, Effect]]] = {}
    for row in section.felt.effects.to_dict("records"):
        effect = _effect(row)
        if effect:
            value = _VALUE_TEXTS.get((row["axis"], row["value"])) or row["value"]
            cells.setdefault(_AXIS_TITLES[row["axis"]], {}).setdefault(value, {})[row["phase"]] = effect
    measured = {phase for values in cells.values() for by_phase in values.values() for phase in by_phase}
    across = [phase for phase in PHASES if phase in measured]
    rows = {
        title: [(value, [by_phase.get(phase) for phase in across]) for value, by_phase in values.items()]
        for title, values in cells.items()
    }
    return across, list(rows.items())


def _effect(row: Row) -> Effect | None:
    ratio, plain_ratio = row["memory_ratio"], row["plain_memory_ratio"]
    differs = row["memory_cases"] and abs(ratio / plain_ratio - 1) > _SAME_MEMORY
    memory = f"{ratio_text(ratio)} instead of {ratio_text(plain_ratio)}" if differs else ""
    if not row["cases"] and not memory:
        return None
    pairs = number_text(row["pairs"], "op")
    basis = pairs if row["pairs"] == row["cases"] else f"{number_text(row['cases'], 'case')} of {pairs}"
    return Effect(ratio_text(row["speedup"]), ratio_text(row["plain_speedup"]), basis, memory, _verdicts(row))


def _verdicts(row: Row) -> list[tuple[str, int]]:
    counts = [(name, int(row[name.replace(" ", "_")])) for name in VERDICTS]
    return [(name, count) for name, count in counts if count]


def memory_rows(section: Section) -> tuple[list[str], list[tuple[list[str], list[tuple[str, str]]]]]:
    """The memory table: its headings, and a row per group of ops with equal needs: (ops, [(text, less|more|same)])."""
    groups = ops_by_need(section.bytes)
    questions = [question for question, _, _ in QUESTIONS if groups[question].notna().any()]
    cells = [[_needs(values) for values in row] for row in groups[questions].itertuples(index=False)]
    return questions, list(zip(groups["labels"], cells, strict=True))


def _needs(values: tuple[float, float] | None) -> tuple[str, str]:
    if not isinstance(values, tuple):
        return MISSING, "none"
    out, into = values
    return f"{multiple_text(out)} → {multiple_text(into)}", byte_relation(out, into)


def problems(section: Section) -> list[tuple[str, str, str, str]]:
    """The cases that could not be compared: (op, state, where, reason), the gravest first."""
    cases = section.all_cases
    untold = cases["timed"] & cases["verdict"].isna()
    of_bytes = cases["memory_state"].notna() | cases["memory_reason"].notna()
    shown = cases[(cases["state"] != OK) | cases["bistable"] | of_bytes | untold]
    places: dict[tuple[int, str, str, str], list[str]] = {}
    for case in labelled_rows(shown):
        size = "" if case.scale else f" {count_text(case.numel)}"  # a scenario's label says its scale
        where = f"{case.phase}{size}" + (", fresh pages" if case.allocator == "fresh" else "")
        key = _RANKS[case.state], case.label, unnumbered_text(case), case.cause or ""
        places.setdefault(key, []).append(where)
    for line in _lone(section):
        variant = PROSE[line.variant]
        why = f"a pass has the {line.kind} of {variant} alone"
        key = _RANKS[OK], printable_name(line.case.pair), "one variant only", why
        places.setdefault(key, []).append(f"{line.case.phase} {count_text(line.case.numel)}")
    if section.run.torn:
        why = "no JSON: its writer was killed, or the file is damaged"
        places[_RANKS[OK], MISSING, "torn", why] = [number_text(section.run.torn, "line")]
    # Sorted only by rank and label: cases of one op stay in the section's order.
    rows = sorted(places.items(), key=lambda item: item[0][:2])
    return [(label, state, "; ".join(dict.fromkeys(where)), why) for (_, label, state, why), where in rows]


def _lone(section: Section) -> list[Measurement]:
    """The lone lines of the section's device; the run's first section also has those of devices without a section."""
    devices = set(section.run.frame["device"])
    first = min(devices)
    return [
        line
        for line in section.run.lone
        if (device := printable_name(line.case.device)) == section.device
        or (device not in devices and section.device == first)
    ]


def cautions(section: Section) -> list[str]:
    """Sentences on cases that were compared but should be read with care."""
    cases = section.cases[section.cases["verdict"].notna()]
    others, disturbed = section.other_axes_count, int(cases["disturbed"].eq(True).sum())
    small, few = int(cases["below_floor"].sum()), int(cases["speedup_low"].isna().sum())
    floor = f"mostly {floor_words(section.device)} (little signal)"
    unknown = int((~cases["verified"]).sum())
    notes = [
        (unknown, "were not compared (verify=False): nothing says that the variants do the same work"),
        (others, "differ from their op's plain case (dtype, layout, operand) and are not counted here"),
        (disturbed, f"had over {percent_text(LOAD_LIMIT)} of the machine used by other processes in most passes"),
        (small, f"cost less than {FLOOR_FACTOR} times the cheapest op, {floor}"),
        (few, "were measured in too few passes for an interval, so they are inconclusive"),
        *case_notes(cases),
    ]
    return [f"{number_text(count, 'case')} of {len(cases):,} {text}." for count, text in notes if count]


def run_facts(section: Section) -> dict:
    """A section's machine, method and state as text."""
    run = section.run
    return {
        "name": run.name,
        "device": section.device,
        "machine_line": section.machine_line,
        "partial": description.partial_note(run.facts, run.folder),
        "machine": description.machine_rows(run.facts),
        "method": [("Run", run.name), *description.method_rows(run.facts, sorted(set(run.frame["device"])))],
    }
