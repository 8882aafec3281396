"""Several runs on one page: what differs, numbers per place, and what changed from one to the next, also of each op."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.across.across_sentences import differs_sentence, place_names, step_notes, step_sentence, step_title
from analysis.across.change_lists import KIND_TITLES, ChangeLine, change_lists, changes_by_op
from analysis.across.place_change import CLAIM, HAZARD
from analysis.across.place_numbers import PlaceNumbers, place_table
from analysis.across.side_by_side import SideBySide, SteppedChanges
from analysis.cards.advice import TRAINING, WITHOUT_AUTOGRAD
from analysis.cards.card import Card
from analysis.report.html.anchors import Anchors, plain_letters
from analysis.report.html.op_summary import memory_class, op_summary
from analysis.right.truth import Truth
from analysis.section import Section
from analysis.units import MISSING, number_text, ratio_text

#: Rows of a list that are shown before it is opened, and in all; the table `changes.csv` has every one.
ROWS_SHOWN, ROWS_KEPT = 8, 60


@dataclass(frozen=True)
class PlaceRow:
    """A place as a row: its name, where its own answer is, and its numbers as text."""

    name: str
    run: str
    prefix: str  #: of the ids of its section
    cells: list[str]
    verdicts: list[tuple[str, int]]
    scenario_verdicts: list[tuple[str, int]]


@dataclass(frozen=True)
class ChangeRowText:
    """A change as a row, with the address of its op, hazard or claim; empty where the page has none."""

    subject: str
    address: str
    where: str
    what: str
    before: str
    after: str
    change: str
    meaning: str
    note: str
    source: str


@dataclass(frozen=True)
class ChangeList:
    """The changes of one kind in a step: rows to show, rows to fold, and how many only the table has."""

    title: str
    count: int
    shown: list[ChangeRowText]
    folded: list[ChangeRowText]
    left_out: int


@dataclass(frozen=True)
class AcrossStep:
    """A step: what it goes from and to, what changed in a sentence, and its lists."""

    title: str
    sentence: str
    notes: list[str]
    lists: list[ChangeList]


@dataclass(frozen=True)
class ChangedOp:
    """What changed of an op, by step."""

    changes: list[tuple[str, list[ChangeRowText]]]


@dataclass(frozen=True)
class AcrossPage:
    """The page, and what changed of each op, by the id of its card."""

    differs: str
    basis: str
    rows: list[PlaceRow]
    steps: list[AcrossStep]
    changed_ops: dict[str, ChangedOp]


#: The columns of `PlaceRow.cells`, and what each says.
PLACE_HEADS = (
    ("speedup without autograd", "geomean of ops, without autograd: above 1x in-place is faster"),
    ("speedup, step", "geomean of ops, forward and backward"),
    ("memory ratio", "geomean of out-of-place over in-place bytes at the peak of a call without autograd"),
    ("holds less", "ops whose in-place variant holds less for backward"),
    ("silently wrong somewhere", "pairs that are silently wrong in some situation of the safety matrix"),
    ("silent hazards", "programs that give a wrong result without an error"),
)
OP_HEADS = ("speedup without autograd", "memory ratio", "speedup, step", "memory ratio, step", "memory in training")


def across_page(
    side: SideBySide,
    truth: Truth,
    prefixes: Mapping[tuple[str, str], tuple[str, str]],
    anchors: Anchors,
) -> AcrossPage:
    """The page of `side`. `prefixes`: by run and device, the prefix of the ids of its section, and of its claims and
    hazards."""
    names, table = place_names(side), place_table(side, truth)
    rows = [
        PlaceRow(name, row.placed.name, prefixes[_key(row)][0], _cells(row), row.verdicts, row.scenario_verdicts)
        for name, row in zip(names, table.rows, strict=True)
    ]
    count = number_text(table.rows[0].cases, "case")
    basis = f"Over the {count} that all of them have." if table.common else "Each over its own cases: they share none."
    basis = basis if any(row.cases for row in table.rows) else ""
    steps = []
    for stepped in side.steps:
        after = stepped.step.after.section
        of = prefixes[after.run.name, after.device][1]
        lists = [_list(kind, lines, of, anchors) for kind, lines in change_lists(stepped).items()]
        steps.append(AcrossStep(step_title(stepped.step, side), step_sentence(stepped), step_notes(stepped), lists))
    return AcrossPage(differs_sentence(side), basis, rows, steps, dict(_op_changes(side, prefixes, anchors)))


def short_names(side: SideBySide, sections: Sequence[Section], names: Sequence[str]) -> list[str]:
    """The short name of each section's place, in the order of `sections`; their own `names` for those not compared."""
    placed = zip(side.placed, place_names(side), strict=True)
    by_section = {(each.name, each.section.device): name for each, name in placed}
    own = zip(sections, names, strict=True)
    return [by_section.get((section.run.name, section.device), name) for section, name in own]


def _key(row: PlaceNumbers) -> tuple[str, str]:
    return row.placed.name, row.placed.section.device


def _cells(row: PlaceNumbers) -> list[str]:
    held, asked = row.held_less
    of = [f"{some[0]:,} of {some[1]:,}" if some else MISSING for some in (row.wrong, row.silent)]
    speeds = [ratio_text(speed) for speed in row.speedups.values()]
    return [*speeds, ratio_text(row.peak_ratio), f"{held:,} of {asked:,}" if asked else MISSING, *of]


def _list(kind: str, lines: Sequence[ChangeLine], prefix: str, anchors: Anchors) -> ChangeList:
    texts = [change_row_text(line, prefix, anchors) for line in lines[:ROWS_KEPT]]
    count = sum(line.more + 1 for line in lines)
    return ChangeList(KIND_TITLES[kind], count, texts[:ROWS_SHOWN], texts[ROWS_SHOWN:], len(lines) - len(texts))


def change_row_text(line: ChangeLine, prefix: str, anchors: Anchors) -> ChangeRowText:
    """A row as text. `prefix`: of the ids of claims and hazards."""
    change = line.change
    address = f"{prefix}{change.kind}-{plain_letters(change.subject)}"
    if change.kind not in (HAZARD, CLAIM):
        address = anchors.known(change.family, change.subject)
    note = change.note
    return ChangeRowText(
        subject=change.subject,
        address=address,
        where=line.where,
        what=change.what,
        before=change.before,
        after=change.after,
        change=change.change,
        meaning=line.meaning,
        note=f"torch {note.since}: {note.sentence}" if note else "",
        source=note.source if note else "",
    )


def _op_changes(
    side: SideBySide, prefixes: Mapping[tuple[str, str], tuple[str, str]], anchors: Anchors
) -> Iterator[tuple[str, ChangedOp]]:
    for (family, pair), changed in changes_by_op(side).items():
        changes = [
            (
                step_title(stepped.step, side),
                [change_row_text(line, prefixes[_after(stepped)][1], anchors) for line in lines],
            )
            for stepped, lines in changed
        ]
        if anchors.known(family, pair):
            yield anchors.op(family, pair), ChangedOp(changes)


def _after(stepped: SteppedChanges) -> tuple[str, str]:
    after = stepped.step.after
    return after.name, after.section.device


def op_cells(card: Card) -> list[str]:
    """The numbers of an op at one place, as OP_HEADS names them."""
    cells = []
    for situation in (WITHOUT_AUTOGRAD, TRAINING):
        found = op_summary(card, situation)
        cells += [ratio_text(found.speedup), ratio_text(found.memory_ratio)]
    return [*cells, memory_class(card)]
