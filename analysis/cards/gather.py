"""Makes the cards of a section: everything the analysis knows of each op, under its name."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from analysis.cards.advice import advise
from analysis.cards.card import Card, CardCase, Need
from analysis.cards.repeat import repeat_options, repeat_pair
from analysis.numbers.memory import pair_bytes
from analysis.numbers.quantities import QUANTITIES
from analysis.right import findings
from analysis.right.truth import Truth, where, where_text
from analysis.run import facts
from analysis.run.load import CASE_COLUMNS
from analysis.section import Section
from analysis.units import known
from benchmarks.autograd.record.subjects import concerns
from benchmarks.record import Case

Owner = tuple[str, str]  #: family, pair

_CASE_VALUES = tuple(f.name for f in fields(CardCase) if f.name not in ("case", "repeat", "quantities"))
_NO_NUMBER = (str, bool, tuple)  #: types of cells that are taken as they are


class UnknownOp(ValueError):
    """No op of that name was measured. The message is one line."""


def cards(section: Section, truth: Truth) -> list[Card]:
    """A card for every op and scenario of `section`, in the order of its cases."""
    of_run, place = section.run.facts, where(section.run.facts, section.device)
    notes = facts.part(of_run, "pairs")
    safety = {row.name: row for row in truth.safety.at(place)}
    claims, hazards = findings.claims(truth, place), findings.hazards(truth, place)
    needs = _needs(section)
    made = []
    for (family, pair), cases in _cases(section, of_run).items():
        outofplace, inplace = facts.code(of_run, pair) or (None, None)
        mine = tuple(needs.get((family, pair), ()))
        made.append(
            Card(
                run=section.run.name,
                device=section.device,
                machine=section.machine_line,
                torch=where_text(place),
                pair=pair,
                family=family,
                labels=facts.labels(of_run, pair),
                outofplace=outofplace,
                inplace=inplace,
                note=facts.text(facts.part(notes, pair).get("note")),
                advice=advise(cases, mine, safety.get(pair)),
                cases=tuple(cases),
                needs=mine,
                safety=safety.get(pair),
                claims=tuple(each for each in claims if concerns(each.name, pair)),
                hazards=tuple(each for each in hazards if concerns(each.name, pair)),
                command=repeat_pair(of_run, pair),
            )
        )
    return made


def cards_named(made: Iterable[Card], name: str) -> list[Card]:
    """The cards of the op `name`, one per section that has it. UnknownOp names the closest ones."""
    by_name: dict[str, list[Card]] = {}
    for card in made:
        by_name.setdefault(card.pair, []).append(card)
    if name not in by_name:
        close = difflib.get_close_matches(name, by_name, n=3)
        hint = f"did you mean {', '.join(close)}?" if close else f"{len(by_name):,} others were"
        raise UnknownOp(f"{name}: no op of that name was measured in this run; {hint}")
    return by_name[name]


def _needs(section: Section) -> dict[Owner, list[Need]]:
    """The needs of each op, by family and pair. A plain case is labelled with its pair's name."""
    needs: dict[Owner, list[Need]] = {}
    for family, cases in section.plain.groupby("family"):
        answers = pair_bytes(cases)
        for pair, *need in zip(*(answers[name].tolist() for name in answers), strict=True):
            needs.setdefault((str(family), pair), []).append(Need(*need))
    return needs


def _cases(section: Section, of_run: dict) -> dict[Owner, list[CardCase]]:
    """The cases of each op, by family and pair, in the section's order."""
    by_owner: dict[Owner, list[CardCase]] = {}
    rows = zip(_axes(section), _quantities(section), _values(section, _CASE_VALUES), strict=True)
    for case, quantities, values in rows:
        by_owner.setdefault((case.family, case.pair), []).append(
            CardCase(case=case, repeat=repeat_options(of_run, case), quantities=quantities, **values)
        )
    return by_owner


def _axes(section: Section) -> Iterator[Case]:
    every = section.all_cases
    for row in zip(*(every[name].tolist() for name in CASE_COLUMNS), strict=True):
        yield Case(**dict(zip(CASE_COLUMNS, row, strict=True)))


def _quantities(section: Section) -> Iterator[dict[str, tuple[Any, Any]]]:
    for values in _values(section, [column for quantity in QUANTITIES for column in quantity.columns]):
        yield {quantity.name: (values[quantity.columns[0]], values[quantity.columns[1]]) for quantity in QUANTITIES}


def _values(section: Section, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The cells of each row as plain values: every kind of missing value becomes None."""
    every = section.all_cases
    for row in zip(*(every[name].tolist() for name in columns), strict=True):
        plain = (value if isinstance(value, _NO_NUMBER) or known(value) else None for value in row)
        yield dict(zip(columns, plain, strict=True))
