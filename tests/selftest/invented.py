"""Invented passes of a case, with known times."""

from benchmarks.record import INPLACE, OUTOFPLACE, Case, Measurement
from benchmarks.record.folder import append_pair

CASE = Case(
    "user", "exp = exp", "inference", 1024, (1024,), "float32", "contiguous", "none", False, "cpu", "retained", 2
)


def store(folder, case, pass_number, outofplace_s, inplace_s):
    """One timed pass of a case in which every round takes the given seconds."""
    made = [
        Measurement(case, variant, "time", pass_number, times_s=(seconds,) * 4)
        for variant, seconds in ((OUTOFPLACE, outofplace_s), (INPLACE, inplace_s))
    ]
    append_pair(folder, *made)
