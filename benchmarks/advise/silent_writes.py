"""The user's own writes that make a gradient wrong while torch says nothing: found as `explain` finds them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.advise.user_code import Step
from benchmarks.explain.conflicts import HANDED, OVERLAP, SILENT, STALE, Conflict, OpPlace
from benchmarks.explain.program_watch import ProgramWatch


@dataclass(frozen=True)
class SilentWrite:
    """One of them. Lines: where the user's code calls the op; 0 where it is not known.

    Where nothing that was saved matters, `saved_by` is "", and `why` says what is wrong.
    """

    op: str  #: that wrote; "" where the memory was written past torch
    file: str
    line: int
    saved_by: str
    saved_file: str
    saved_line: int
    why: str  #: in one sentence

    @property
    def json(self) -> dict[str, Any]:
        return asdict(self)


def silent_writes(steps: Sequence[Step]) -> list[SilentWrite]:
    """Execute each step once, watched: what was saved is compared with what backward takes."""
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
