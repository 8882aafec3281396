"""An invented case and its measurements; and any JSON, for hypothesis."""

from dataclasses import replace

from hypothesis import strategies as st

from benchmarks.record import INPLACE, OUTOFPLACE, Case, Measurement

CASE = Case("pointwise", "exp", "step", 64, (8, 8), "float32", "contiguous", "none", False, "cpu", "retained", 2)
OUT = Measurement(CASE, OUTOFPLACE, "time", 3, times_s=(1e-6, 2e-6), verified=True, calls_per_round=4)
INTO = replace(OUT, variant=INPLACE, times_s=(1e-6, 1e-6))
FULL = replace(
    OUT,
    state="crashed",
    reason='a "reason"\nin two lines, é',
    host_times_s=(0.5, 1e-9),
    page_faults=0.0,
    moved_bytes=0,
    wall_s=1.5,
    peak_bytes=2**40,
    extra={"a": [1, None]},
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
