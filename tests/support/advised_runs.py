"""Invented answers of the advisor, stored as runs: no step is executed."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.advise.answers import stored_advice
from benchmarks.advise.answers.printed_answer import answer_text
from benchmarks.advise.user.question import Question
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS

MIB = 2**20
STEP = "train.py:generate"
LINE = "g = F.silu(gate) * up"
PATCH = "--- a/train.py\n+++ b/train.py\n@@ -14 +14 @@\n-g = F.silu(gate) * up\n+g = F.silu(gate).mul_(up)\n"
MACHINE = {
    **{"host": "vm", "system": "Linux", "cpu_model": "a CPU", "cores_physical": 2, "cores_logical": 2, "caches": {}},
    **{"memory_bytes": MIB, "malloc": {"libc": None, "environment": {}, "preload": []}, "governor": None, "gpus": []},
    **{"transparent_huge_pages": None, "threads": 2, "torch_version": "2.13.0+cpu", "torch_build": None},
    **{"torch_cuda": None, "cuda_settings": None, "python_version": "3.12.3", "git_commit": None},
}


def row(category: str, op: str, mib: int, line: int | None = 14, text: str = LINE) -> dict[str, Any]:
    """Return a row of a peak, of so many MiB."""
    file = None if line is None else str(Path.cwd() / "train.py")
    place = {"region": "forward", "op": op, "module": "", "file": file, "line": line, "text": text if line else ""}
    return {**place, "category": category, "nbytes": mib * MIB, "blocks": 1}


def peak(*rows: dict[str, Any], op: str = "mul", line: int = 14, text: str = LINE) -> dict[str, Any]:
    """Return a peak whose bytes are the sum of these rows."""
    place = {"region": "forward", "op": op, "module": "", "file": "train.py", "line": line, "text": text}
    regions = {"start_bytes": 0, "regions": ["forward"]}
    named = [{**each, "file": "train.py" if each["file"] else None} for each in rows]
    return {**place, **regions, "peak_bytes": sum(each["nbytes"] for each in rows), "rows": named}


GIVEN = peak(row("temporaries", "mul", 4), row("temporaries", "silu", 4), row("parameters", "empty", 3, 9, "Linear()"))
PATCHED = peak(row("temporaries", "silu", 4), row("parameters", "empty", 3, 9, "Linear()"), op="silu")


def decision(verdict: str, **changes: Any) -> dict[str, Any]:
    """Return a decision about the product in LINE, with some fields changed."""
    made = {
        **{"verdict": verdict, "kind": "method", "file": "train.py", "line": 14, "expression": "F.silu(gate) * up"},
        **{"replacement": "F.silu(gate).mul_(up)", "reason": "nothing reads it", "warning": None, "saver": None},
        **{"level": "temporary", "modules": [], "peak_bytes_saved": 4 * MIB, "held_bytes_saved": 0},
    }
    return {**made, **changes}


def answer_with_patch(timed_passes: int = 6, speedup: float = 1.25) -> dict[str, Any]:
    """Return an answer about one step, with one decision to follow that is proved and timed."""
    rounds = {OUTOFPLACE: [0.01 * speedup] * 4, INPLACE: [0.01] * 4, "calls_per_round": 2, "rounds_s": 0.2}
    known = {"speedup": speedup, "low": speedup, "high": speedup, "verdict": "faster"}
    seconds = {f"{variant}_s": rounds[variant][0] for variant in VARIANTS}
    times = {"step": STEP, **seconds, **known, "passes": timed_passes, "threads": 2, "rounds": [rounds] * timed_passes}
    before, after = ({"peak_bytes": count * MIB, "held_bytes": MIB} for count in (8, 4))
    return {
        **{"torch": "2.13.0", "runs": 14, "repeats": 2, "seconds": 9.0, "threads_used": 2, "unwritten": []},
        **{"differs": None, "watch_differs": None, "writes": [], "threads": [], "device": "cpu", "overwritten": []},
        **{"connections": [], "processes": [], "scratch": "", "reached": []},
        **{"per_step": [{"step": STEP, "before": before, "after": after}], "places": [GIVEN]},
        **{"decisions": [decision("do"), decision("never", line=15, expression="h + x", reason="add reads it")]},
        **{"places_patched": [PATCHED], "times": [times], "times_note": None, "sets": {"do": [0]}},
        **{"proved": True, "unproved": None, "patch": PATCH},
    }


def answer_without_patch(**changes: Any) -> dict[str, Any]:
    """Return an answer about the same step, in which nothing should be switched."""
    made = answer_with_patch() | {"times": None, "patch": None, "proved": None, "sets": {"do": []}}
    before = made["per_step"][0]["before"]
    made |= {"per_step": [{"step": STEP, "before": before, "after": None}], "places_patched": None}
    return made | {"decisions": [decision("leave", peak_bytes_saved=0, reason="it saves no byte")]} | changes


def stored(answer: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Store an answer as a run, and return the run's folder. Its step is a file in `folder`."""
    (folder / "train.py").write_text(f"{LINE}\n")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(stored_advice, "machine_facts", lambda host: {**MACHINE, "host": host})
    lines = answer_text(answer, "advise.patch").splitlines()
    return stored_advice.store_advice(
        Question((STEP,), device=answer["device"]), answer, lines, folder / "runs", f"advise {STEP}", "vm"
    )
