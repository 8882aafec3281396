"""Cases, passes and facts of an invented run."""

from dataclasses import asdict, replace

from benchmarks.record import INPLACE, OUTOFPLACE, Case, Measurement
from benchmarks.running.run import Pass

CASE = Case("pointwise", "exp", "step", 64, (64,), "float32", "contiguous", "none", False, "cpu", "retained", 1)
FRESH = replace(CASE, allocator="fresh")
LARGE = replace(CASE, numel=2**19, shape=(2**19,))
GPU = replace(CASE, device="cuda:0", allocator="caching")
MEMORY, FIRST, SECOND = Pass(0, "memory", "fresh"), Pass(1, "time", "retained"), Pass(2, "time", "retained")
MACHINE = {"host": "h", "cpu_model": "c", "torch_version": "2", "python_version": "3"}
FACTS = {
    "state": "partial",
    "machine": MACHINE,
    "options": {"preset": "smoke"},
    "budget": {"passes": 1, "seconds": 0.1, "precision": 0.1},
    "passes": [{**asdict(each), "state": "planned"} for each in (MEMORY, FIRST)],
    "ceilings": [],
    "floors": {},
}


def pair_of(case, current, **fields):
    made = Measurement(case, OUTOFPLACE, current.kind, current.pass_number, **fields)
    return made, replace(made, variant=INPLACE)
