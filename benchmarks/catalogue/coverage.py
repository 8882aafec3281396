"""How much of torch the catalogue accounts for: every in-place name is measured by a pair or excused with a reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch

from benchmarks.catalogue.excused import EXCUSED
from benchmarks.catalogue.surface import inplace_names
from benchmarks.record.run_facts import CoverageFacts
from benchmarks.record.versions import release

#: More names than this are counted in the line, not listed.
LISTED = 5


class NamedPair(Protocol):
    """A pair, as far as coverage is concerned."""

    @property
    def names(self) -> tuple[str, ...]:
        """The in-place names of torch that it stands for."""
        ...


@dataclass(frozen=True)
class Coverage:
    """The in-place names of one torch: `measured`, `excused` and `missing` are all of them, none in two."""

    torch: str
    measured: tuple[str, ...]
    excused: Mapping[str, tuple[str, str]]  #: with the reason: its kind, and what that says about the name
    missing: tuple[str, ...]
    stale: tuple[str, ...]  #: measured although excused: the excuse must go
    elsewhere: tuple[str, ...]  #: measured or excused, of other versions: this torch does not have them

    @property
    def line(self) -> str:
        """The coverage in one line, with what is wrong about it."""
        accounted = len(self.measured) + len(self.excused)
        parts = [
            f"{accounted} of {accounted + len(self.missing)} in-place names of torch {self.torch} accounted for: "
            f"{len(self.measured)} measured, {len(self.excused)} excused"
        ]
        if self.elsewhere:
            parts.append(f"{len(self.elsewhere)} of other versions")
        if self.missing:
            parts.append(f"missing: {_first_names(self.missing)}")
        if self.stale:
            parts.append(f"excused and measured: {_first_names(self.stale)}")
        return "; ".join(parts)

    def facts(self) -> CoverageFacts:
        """What a run stores of it."""
        return {
            "torch": self.torch,
            "measured": list(self.measured),
            "excused": {name: {"kind": kind, "about": about} for name, (kind, about) in self.excused.items()},
            "missing": list(self.missing),
        }


def catalogue_coverage(pairs: Iterable[NamedPair], names: Iterable[str] | None = None) -> Coverage:
    """What the pairs and the excuses account for of `names`, by default all that the installed torch has."""
    torch_has = set(inplace_names() if names is None else names)
    measured = {name for pair in pairs for name in pair.names}
    excused = set(EXCUSED)
    return Coverage(
        torch=release(torch.__version__),
        measured=tuple(sorted(measured & torch_has)),
        excused={name: EXCUSED[name] for name in sorted(excused & torch_has - measured)},
        missing=tuple(sorted(torch_has - measured - excused)),
        stale=tuple(sorted(measured & excused)),
        elsewhere=tuple(sorted((measured | excused) - torch_has)),
    )


def _first_names(names: tuple[str, ...]) -> str:
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")
