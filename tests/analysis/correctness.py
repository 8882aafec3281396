"""Invented rows of claims, hazards and safety, stored as the commands store them."""

from pathlib import Path

from benchmarks.autograd.record.files import Stored, write
from benchmarks.autograd.record.findings import ClaimRow, HazardRow, Observation, Outcome, Row
from benchmarks.autograd.record.safety import PLAIN, QUESTIONS, REQUIRES_GRAD, SafetyCell, SafetyRow, Saved

N = 1024


def claim(name: str = "a-belief", verdict: str = "false", said: str = "some say so") -> ClaimRow:
    seen = (Observation("x.grad", said, False), Observation("a counter", "1", None))
    return ClaimRow(name, f"the belief {said}", said, verdict, said, seen, "a.py:1", f"def program():\n    {said}\n")


def hazard(name: str = "a-hazard", status: str = "silent", said: str = "a write", known: str = "silent") -> HazardRow:
    rewrite = Outcome("y + 1", "fixed", "2, 4", "")
    texts = {"title": f"the title {said}", "true": "2, 4", "obtained": "1, 3", "reason": said, "instead": said}
    return HazardRow(
        **{"name": name, "kind": "silent", "reference": said, "status": status, **texts, "warned": (said,)},
        **{"last_known": known, "last_known_torch": "2.12.0", "rewrite": rewrite, "beside": (rewrite,)},
        **{"place": "b.py:2", "file": "b.py", "function": "program", "program": said, "rewrite_program": said},
    )


def pair(name: str = "relu", said: str = "", **statuses: str) -> SafetyRow:
    """A pair that works in every question except those in `statuses`. The other operand's gradient costs it a copy."""
    cells = {q: SafetyCell(statuses.get(q, "works"), said, 0.25 if q in statuses else None) for q in QUESTIONS}
    saved = (
        Saved(PLAIN, ("result",), ("result",), "yes", "", N, 2 * N, N, 2 * N, N, 3 * N, 2 * N),
        Saved(
            REQUIRES_GRAD, ("self",), ("clone of self",), "no, it costs a copy", "", N, 2 * N, 2 * N, 2 * N, 2 * N, N, N
        ),
    )
    return SafetyRow(name, "pointwise" + said, f"x.{name}()", f"x.{name}_()", cells, saved, f"x: 1 to 2{said}")


def store(folder: Path, kind: str, *rows: Row | SafetyRow, torch: str = "2.13.0+cpu", **facts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"device": "cpu", "device_name": "a CPU", "system": "Linux", "python": "3.11", "made": "20260101T000000Z"}
    return write(folder, Stored(kind=kind, torch=torch, rows=rows, **{**texts, **facts}))
