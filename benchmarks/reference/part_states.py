"""Each item's state: fresh, stale with its reasons, or impossible here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from benchmarks.planning.options import OptionError
from benchmarks.reference.reference_declared import NothingDeclared, wanted_of
from benchmarks.reference.reference_kept import kept_of
from benchmarks.reference.reference_parts import TURNS, Item
from benchmarks.reference.staleness import KeptResult, Wanted, stale_reasons

FRESH, STALE, IMPOSSIBLE = "fresh", "stale", "not possible here"


@dataclass(frozen=True)
class PartState:
    """An item, what is kept of it, and why it is stale, or cannot be measured here."""

    item: Item
    kept: KeptResult | None
    reasons: tuple[str, ...]
    impossible: str = ""

    @property
    def word(self) -> str:
        """Its state in a word."""
        if self.impossible:
            return IMPOSSIBLE
        return STALE if self.reasons else FRESH


def states_of(items: Sequence[Item], root: Path = Path()) -> list[PartState]:
    """The states of items, in order. RecordError where kept facts cannot be read."""
    wanted: dict[str, Wanted | str] = {}
    for item in items:
        if item.part.name not in wanted:
            wanted[item.part.name] = _wanted(item)
    return _in_turns([_state(item, wanted, root) for item in items])


def _in_turns(states: Sequence[PartState]) -> list[PartState]:
    """`states`, of which those that are measured in turns are stale together: measured apart, they do not compare."""
    stale = {state.item.part.name: state.item for state in states if state.word == STALE}
    found = []
    for state in states:
        first = stale.get(state.item.part.name) if state.item.part.kind == TURNS else None
        if first and state.word == FRESH:
            state = replace(state, reasons=(f"measured in turns with {first.version}",))
        found.append(state)
    return found


def _wanted(item: Item) -> Wanted | str:
    """What is declared now; the reason where this machine cannot be asked for it."""
    if item.part.options.get("device") == "cuda" and not torch.cuda.is_available():
        return "there is no GPU"
    try:
        return wanted_of(item.part)
    except (OptionError, NothingDeclared) as error:
        return str(error)


def _state(item: Item, wanted: Mapping[str, Wanted | str], root: Path) -> PartState:
    kept, now = kept_of(item, root), wanted[item.part.name]
    if isinstance(now, str):
        return PartState(item, kept, () if kept else ("nothing is kept",), now)
    return PartState(item, kept, stale_reasons(kept, now))
