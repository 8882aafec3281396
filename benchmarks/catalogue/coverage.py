"""How much of torch the catalogue covers: every in-place name is measured by a pair or excused with a reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch

from benchmarks.catalogue.excused import EXCUSED
from benchmarks.catalogue.surface import inplace_names
from benchmarks.record.plain_text import first_names
from benchmarks.record.run_facts import CoverageFacts
from benchmarks.record.versions import release

#: The line lists up to this many names; more are only counted.
LISTED = 5


class NamedPair(Protocol):
    """What coverage needs of a pair."""

    @property
    def names(self) -> tuple[str, ...]:
        """The in-place names of torch that the pair represents."""
        ...


@dataclass(frozen=True)
class Coverage:
    """The in-place names of one torch: each is in exactly one of `measured`, `excused` and `missing`."""

    torch: str
    measured: tuple[str, ...]
    excused: Mapping[str, tuple[str, str]]  #: by name: the kind of reason, and its text for this name
    missing: tuple[str, ...]
    stale: tuple[str, ...]  #: measured although excused: the excuse must be removed
    elsewhere: tuple[str, ...]  #: measured or excused for other versions: this torch lacks them

    @property
    def line(self) -> str:
        """The coverage in one line, with its errors."""
        accounted = len(self.measured) + len(self.excused)
        parts = [
            f"{accounted} of {accounted + len(self.missing)} in-place names of torch {self.torch} accounted for: "
            f"{len(self.measured)} measured, {len(self.excused)} excused"
        ]
        if self.elsewhere:
            parts.append(f"{len(self.elsewhere)} of other versions")
        if self.missing:
            parts.append(f"missing: {first_names(self.missing, LISTED)}")
        if self.stale:
            parts.append(f"excused and measured: {first_names(self.stale, LISTED)}")
        return "; ".join(parts)

    def facts(self) -> CoverageFacts:
        """The coverage as a run stores it."""
        return {
            "torch": self.torch,
            "measured": list(self.measured),
            "excused": {name: {"kind": kind, "about": about} for name, (kind, about) in self.excused.items()},
            "missing": list(self.missing),
        }


def catalogue_coverage(pairs: Iterable[NamedPair], names: Iterable[str] | None = None) -> Coverage:
    """The coverage of `names` by pairs and excuses; by default of all in-place names of the installed torch."""
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
