"""What the report shows, as text: headings, table rows and figures of a section. Templates only lay it out."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from analysis import facts, plots
from analysis.geomeans import Section, fresh, geomeans, headline
from analysis.intervals import VERDICTS
from analysis.memory import QUESTIONS, alike, pair_bytes
from analysis.ratios import FLOOR_FACTOR, LOAD_LIMIT
from analysis.tables import MISSING, count_text, multiple_text, number_text, percent_text, ratio_text
from benchmarks.record import OK, PHASES, STATES


@dataclass(frozen=True)
class Drawing:
    """A figure of the report: its file's name, the function that draws it, and what to read off it."""

    name: str
    plot: Callable[[pd.DataFrame], Figure | None]
    title: str
    caption: str
    missing: str  #: said in its place where the run has nothing to draw


DRAWINGS = (
    Drawing(
        "speedup_by_op",
        plots.speedup_by_op,
        "Which ops are faster in place?",
        "Speedup of each op with its interval over passes. Right of 1x in-place is faster. A mark's colour is that of "
        "the variant that wins; grey says that none does. Ops are sorted by the first panel.",
        "No case has times that can be compared.",
    ),
    Drawing(
        "speedup_by_size",
        plots.speedup_by_size,
        "How does size change it?",
        "Speedup against the number of elements: faint marks are cases, joined marks the geomean of a family. Above 1x "
        "in-place is faster.",
        "Fewer than two sizes were compared, so there is nothing to draw against size.",
    ),
    Drawing(
        "memory_by_phase",
        plots.memory_by_phase,
        "Does it save memory?",
        "Bytes of both variants in multiples of N, the bytes of the input; left is less. Peaks hold the call's own "
        "input. Ops that need the same share a row; the table below names them all.",
        "This run has no memory pass.",
    ),
    Drawing(
        "bandwidth",
        plots.bandwidth,
        "How close to the machine's limit?",
        "Bytes an op must read and write over its time, as a share of what this machine copied (out-of-place) or wrote "
        "in place (in-place) in the same run; right is better. Beyond 100 % a cache answered.",
        "This run has no measured bandwidth to compare with.",
    ),
)


@dataclass(frozen=True)
class Cell:
    """A geomean in a table: its text, what it rests on, and the cases' verdicts as (verdict, count)."""

    ratio: str
    basis: str
    verdicts: list[tuple[str, int]]


Matrix = list[tuple[str, list[Cell | None]]]


def phases(section: Section) -> list[str]:
    """The phases a section's cases were compared in, in their order."""
    judged = section.cases[section.cases["verdict"].notna()]
    return [phase for phase in PHASES if (judged["phase"] == phase).any()]


def matrix(section: Section, rows: str) -> Matrix:
    """Geomeans with the column `rows` downwards and phases across; cases on a fresh heap in rows of their own."""
    table = _matrix(headline(section.cases), section, rows, "")
    if len(table) > 1 and rows == "family":
        table += _matrix(headline(section.cases).assign(family="all"), section, rows, "")
    apart = fresh(section.cases)
    return table + (_matrix(apart, section, rows, ", fresh pages") if len(apart) else [])


def _matrix(cases: pd.DataFrame, section: Section, rows: str, note: str) -> Matrix:
    means = geomeans(cases, [rows, "phase"])
    cells = {(getattr(row, rows), row.phase): _cell(row) for row in means.itertuples()}
    values = dict.fromkeys(cases[rows] if rows == "family" else sorted(cases[rows]))
    across = phases(section)
    name = count_text if rows == "numel" else str
    return [(f"{name(value)}{note}", [cells.get((value, phase)) for phase in across]) for value in values]


def _cell(row: tuple) -> Cell:
    verdicts = [(name, int(getattr(row, name.replace(" ", "_")))) for name in VERDICTS]
    basis = number_text(row.n, "case") + (f", {row.inconclusive:,} inconclusive" if row.inconclusive else "")
    return Cell(ratio_text(row.speedup), basis, [(name, count) for name, count in verdicts if count])


def memory_rows(section: Section) -> tuple[list[str], list[tuple[list[str], list[tuple[str, str]]]]]:
    """The memory table: its headings, and a row a group of ops that need the same: (ops, [(text, less|more|same)])."""
    groups = alike(pair_bytes(section.cases))
    questions = [question for question, _, _ in QUESTIONS if groups[question].notna().any()]
    cells = [[_needs(values) for values in row] for row in groups[questions].itertuples(index=False)]
    return questions, list(zip(groups["labels"], cells, strict=True))


def _needs(values: tuple[float, float] | None) -> tuple[str, str]:
    if not isinstance(values, tuple):
        return MISSING, "none"
    out, into = values
    word = "less" if into < out else "more" if into > out else "same"
    return f"{multiple_text(out)} → {multiple_text(into)}", word


def problems(section: Section) -> list[tuple[str, str, str, str]]:
    """What could not be compared, and why: (op, state, where, reason), the gravest first."""
    cases = section.cases
    unsaid = cases["timed"] & cases["verdict"].isna()
    shown = cases[(cases["state"] != OK) | cases["bistable"] | cases["memory_reason"].notna() | unsaid]
    found: dict[tuple[str, str, str], list[str]] = {}
    for case in shown.itertuples():
        state = "bistable" if case.bistable else case.state.replace("_", " ") if case.state != OK else "no number"
        where = f"{case.phase} {count_text(case.numel)}" + (", fresh pages" if case.allocator == "fresh" else "")
        found.setdefault((case.label, state, (case.reason or "").removeprefix("bistable: ")), []).append(where)
    grave = [state.replace("_", " ") for state in STATES[1:]]
    rows = [(label, state, "; ".join(dict.fromkeys(where)), reason) for (label, state, reason), where in found.items()]
    return sorted(rows, key=lambda row: (grave.index(row[1]) if row[1] in grave else len(grave), row[0]))


def cautions(section: Section) -> list[str]:
    """Sentences on cases that were compared but should be read with care."""
    cases = section.cases[section.cases["verdict"].notna()]
    disturbed = int(cases["disturbed"].eq(True).sum())
    small, few = int(cases["below_floor"].sum()), int(cases["speedup_low"].isna().sum())
    notes = [
        (disturbed, f"saw other processes take over {percent_text(LOAD_LIMIT)} of the machine in most passes"),
        (small, f"cost less than {FLOOR_FACTOR} times the cheapest op, mostly Python and dispatch (little signal)"),
        (few, "were measured in too few passes for an interval, so they are inconclusive"),
    ]
    return [f"{number_text(count, 'case')} of {len(cases):,} {text}." for count, text in notes if count]


def run_facts(section: Section) -> dict:
    """A section's machine, method and state as text."""
    run = section.run
    return {
        "name": run.name,
        "device": section.device,
        "machine_line": facts.machine_line(run.facts, section.device),
        "partial": facts.partial_note(run.facts, run.folder),
        "machine": facts.machine_rows(run.facts),
        "method": [("Run", run.name), *facts.method_rows(run.facts)],
    }
