"""Invented runs: small, exact, and named after the expected answer of the analysis."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.record import INPLACE, OUTOFPLACE, Case, Measurement
from benchmarks.record.folder import append_pair, write_run

PASSES = 7
#: Seconds per call of an out-of-place round; nothing is timed here, so any value will do.
TIME_S = 1e-4

MACHINE = {
    "host": "bench-1",
    "system": "Linux 6.1",
    "cpu_model": "Invented CPU",
    "cores_physical": 2,
    "cores_logical": 4,
    "caches": {"L1d": 32768, "L2": 1048576},
    "memory_bytes": 8 * 2**30,
    "torch_version": "2.13.0",
    "threads": 2,
}


def case(pair: str, **fields: object) -> Case:
    """A case of `pair`: inference at 64 Ki float32 unless `fields` say otherwise."""
    values = {
        **{"family": "pointwise", "phase": "inference", "numel": 65536, "dtype": "float32", "layout": "contiguous"},
        **{"operand": "none", "other_requires_grad": False, "device": "cpu", "allocator": "retained", "threads": 2},
        **fields,
    }
    return Case(pair=pair, **{"shape": (values["numel"],), **values})


def timed(of: Case, pass_number: int, speedup: float, **fields: object) -> tuple[Measurement, Measurement]:
    """Both variants of one pass: two blocks of two rounds, all of the same ratio."""
    out = Measurement(
        of, OUTOFPLACE, "time", pass_number, verified=True, times_s=(TIME_S,) * 4, calls_per_round=10, page_faults=0.0
    )
    out = replace(out, **{"wall_s": 1.0, "rounds_s": 0.75, **fields})
    into = replace(out, variant=INPLACE, times_s=tuple(t / speedup for t in out.times_s))
    return out, into


def append_times(folder: Path, of: Case, speedups: Sequence[float], **fields: object) -> None:
    """One timed pass per speedup."""
    for number, speedup in enumerate(speedups, start=1):
        append_pair(folder, *timed(of, number, speedup, **fields))


def append_bytes(folder: Path, of: Case, outofplace: dict, inplace: dict, pass_number: int = 99) -> None:
    """One memory pass of a case; the dictionaries hold `peak_bytes` and the like."""
    of = replace(of, allocator="inherited") if of.device == "cpu" else of
    out = Measurement(of, OUTOFPLACE, "memory", pass_number, verified=True, **outofplace)
    append_pair(folder, out, Measurement(of, INPLACE, "memory", pass_number, verified=True, **inplace))


def append_failure(folder: Path, of: Case, state: str, reason: str, pass_number: int = 1, kind: str = "time") -> None:
    """One pass in which a case failed."""
    out = Measurement(of, OUTOFPLACE, kind, pass_number, state, reason)
    append_pair(folder, out, replace(out, variant=INPLACE))


def around(speedup: float, spread: float, passes: int = PASSES) -> list[float]:
    """One speedup per pass, evenly spread in the logarithm by +/-`spread` and shuffled; their median is `speedup`."""
    middle = (passes - 1) / 2
    values = [speedup * math.exp(spread * (i - middle) / middle) for i in range(passes)]
    return values[1::2] + values[::2]


def facts(**changes: object) -> dict:
    """The run.json of a complete run."""
    passes = [
        {"pass_number": n, "kind": "time", "allocator": "retained", "device": "cpu"} for n in range(1, PASSES + 1)
    ]
    return {
        "state": "complete",
        "machine": MACHINE,
        "preset": "quick",
        "start": "2026-01-02T03:04:05Z",
        "end": "2026-01-02T03:09:05Z",
        "command": "make bench PRESET=quick",
        "thresholds": {"difference": 0.01, "equivalence": 0.03, "confidence": 0.95},
        "passes": [{**item, "state": "done", "wall_s": 20.0, "startup_s": 2.0} for item in passes],
        **changes,
    }


def empty_run(parent: Path, name: str = "20260102T030405Z-bench-1-torch2.13.0", **changes: object) -> Path:
    """A run with facts and no measurements."""
    folder = parent / name
    folder.mkdir(parents=True)
    write_run(folder, facts(**changes))
    return folder


def named_run(parent: Path, **changes: object) -> Path:
    """A run whose pairs are named after the expected answer of the analysis."""
    folder = empty_run(parent, **changes)
    append_times(folder, case("same"), around(1.0, 0.005))
    append_times(folder, case("twice_as_fast"), around(2.0, 0.01))
    append_times(folder, case("slower"), around(0.8, 0.01))
    append_times(folder, case("noisy"), around(1.05, 0.4))
    append_times(folder, case("too_few_passes"), around(2.0, 0.01, passes=5))
    append_times(folder, case("disturbed"), around(1.5, 0.01), other_load_ratio=0.5)
    append_times(folder, case("little_signal"), around(1.0, 0.005), floor_s=TIME_S / 1.3)
    for number in range(1, PASSES + 1):
        out, into = timed(case("bistable"), number, 2.0)
        append_pair(folder, out, replace(into, page_faults=1025.0 * (number % 2)))
    append_times(folder, case("crashed"), around(1.0, 0.01, passes=6))
    append_failure(folder, case("crashed"), "crashed", "killed by signal 9", pass_number=7)
    append_failure(folder, case("disagreed"), "disagreed", "values differ")
    n = 4 * 65536
    append_times(folder, case("half_the_memory"), around(1.5, 0.01))
    append_bytes(folder, case("half_the_memory"), {"peak_bytes": 2 * n}, {"peak_bytes": n})
    append_bytes(folder, case("same"), {"peak_bytes": 2 * n}, {"peak_bytes": 2 * n})
    held = {"family": "activations", "phase": "forward"}
    append_times(folder, case("holds_half", **held), around(1.2, 0.01))
    append_bytes(
        folder,
        case("holds_half", **held),
        {"peak_bytes": 2 * n, "held_bytes": 2 * n},
        {"peak_bytes": n, "held_bytes": n},
    )
    append_times(folder, case("twice_as_fast", phase="step"), around(0.9, 0.01))
    append_times(folder, case("twice_as_fast", numel=4194304), around(3.0, 0.01))
    append_times(folder, case("twice_as_fast", numel=4194304, allocator="fresh"), around(12.0, 0.01))
    return folder


def scenario_case(pair: str, phase: str = "step", scale: int = 8, **fields: object) -> Case:
    """A case of a scenario: an input of `scale` rows."""
    where = {"family": "scenarios", "phase": phase, "numel": 100 * scale, "shape": (scale, 100), "scale": scale}
    return case(pair, **{**where, **fields})


def expecting(quantity: str, relation: str, phase: str = "step", **fields: object) -> dict:
    """An expectation as run.json holds it."""
    told = {"kind": "expectation", "phase": phase, "quantity": quantity, "relation": relation}
    return {**told, "source": "a paper", "about": "", "factor": None, **fields}


def growing(quantity: str, variant: str, exponent: float, phase: str = "step", **fields: object) -> dict:
    """An expected growth as run.json holds it."""
    told = {"kind": "growth", "phase": phase, "quantity": quantity, "variant": variant, "exponent": exponent}
    return {**told, "source": "by derivation", "about": "", **fields}


def declaration(*expects: object, **fields: object) -> dict:
    """A scenario as run.json holds it; its usual scale is 8."""
    told = {
        "topic": "vision",
        "practice": "What people do.",
        "axis": "batch",
        "scales": [8, 2, 4, 16],
        "gpu_scales": [],
    }
    return {**told, "tolerance": 1e-5, "update_alone": False, "expects": list(expects), **fields}


SCENARIOS = {
    "faster_as_expected": declaration(expecting("time", "less")),
    "slower_than_expected": declaration(expecting("time", "less")),
    "too_noisy_to_say": declaration(expecting("time", "less")),
    "holds_half_as_expected": declaration(expecting("held", "less", factor=2.0), expecting("peak", "same")),
    "grows_squarely": declaration(
        growing("time", "outofplace", 1.0), growing("time", "inplace", 1.0), axis="steps", topic="recurrence"
    ),
    "does_not_fit": declaration(expecting("held", "less"), topic="recurrence"),
    "never_measured": declaration(expecting("time", "less")),
}


def scenario_run(parent: Path, **changes: object) -> Path:
    """A run of scenarios only, named after the expected answer of the analysis."""
    folder = empty_run(parent, **{"scenarios": SCENARIOS, **changes})
    append_times(folder, scenario_case("faster_as_expected"), around(1.5, 0.01))
    append_times(folder, scenario_case("slower_than_expected"), around(0.8, 0.01))
    append_times(folder, scenario_case("too_noisy_to_say"), around(1.05, 0.4))
    append_times(folder, scenario_case("holds_half_as_expected"), around(1.0, 0.005))
    held = scenario_case("holds_half_as_expected")
    exact = {"extra": {"error": 2e-7}}
    append_bytes(
        folder,
        held,
        {"held_bytes": 4096, "peak_bytes": 8192, **exact},
        {"held_bytes": 2048, "peak_bytes": 8190, **exact},
    )
    for scale in (2, 4, 8, 16):  # out-of-place grows quadratically, in-place linearly
        squarely = scenario_case("grows_squarely", scale=scale)
        append_times(folder, squarely, around(1.0 * scale, 0.01), times_s=(TIME_S * scale**2,) * 4)
        append_bytes(folder, squarely, {"peak_bytes": 1000 * scale}, {"peak_bytes": 1000 * scale})
    append_failure(folder, scenario_case("does_not_fit"), "out_of_memory", "needs 64 GiB")
    return folder
