"""Find writes in the user's code that make a gradient or a value wrong without an error, as `explain` finds them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.advise.user.user_code import Step
from benchmarks.explain.conflicts import HANDED, OVERLAP, SILENT, STALE, Conflict, OpPlace
from benchmarks.explain.program_watch import ProgramWatch


@dataclass(frozen=True)
class SilentWrite:
    """One write that makes a gradient or a value wrong without an error. Lines are those of the user's code."""

    op: str  #: the op that wrote; "" if the memory was not written through torch
    file: str
    line: int  #: where the op is called; 0 if it is not known
    saved_by: str  #: the op that saved what is overwritten; "" if the write does not overwrite a saved tensor
    saved_file: str
    saved_line: int  #: where that op is called; 0 if it is not known
    why: str  #: what is wrong, in one sentence

    @property
    def json(self) -> dict[str, Any]:
        return asdict(self)


def silent_writes(steps: Sequence[Step]) -> list[SilentWrite]:
    """Execute each step once, compare what ops saved with what backward reads, and return the silent writes."""
    watch = ProgramWatch()
    with watch.watching():
        for step in steps:
            step()
    return [_silent_write(finding) for finding in watch.findings if finding.kind in (SILENT, HANDED, OVERLAP, STALE)]


def _silent_write(finding: Conflict) -> SilentWrite:
    written, saved = next(iter(finding.written), None), finding.saved
    ops = ["" if place is None else place.op for place in (written, saved)]
    return SilentWrite(ops[0], *_line(written), ops[1], *_line(saved), finding.why)


def _line(place: OpPlace | None) -> tuple[str, int]:
    site = place.site if place is not None else None
    return ("", 0) if site is None else (site.file, site.line)
