"""The columns of the tables of scenarios: measurements, expectations, growth."""

from analysis.report.exports.schema import (
    ALLOCATOR,
    DEVICE,
    FELT,
    PASSES,
    PHASE,
    REASON,
    RUN,
    SPEEDUP,
    THREADS,
    Column,
    Table,
    variant_columns,
)

_TOPIC = Column("topic", "", "its topic: `vision`, `optimizers`, ...; `user`: from your own file")
_SCENARIO = Column("scenario", "", "the model, in its two variants")
_AXIS = Column("axis", "", "what the scale counts: batch, steps, tokens, depth, ...")
_QUANTITY = Column("quantity", "", "`time`, `peak` (bytes) or `held` (bytes)")
_RATIO = "out-of-place / in-place: above 1 in-place needs less"

SCENARIOS = Table(
    "a scenario in one phase at one scale",
    (
        *(RUN, DEVICE, _TOPIC, _SCENARIO, _AXIS),
        Column("scale", "the axis's", "the value of its axis"),
        Column("usual", "true, false", "whether this scale represents the scenario"),
        PHASE,
        Column("shape", "elements", "shape of the input, such as 4x3x32x32"),
        *(THREADS, ALLOCATOR, PASSES),
        Column("state", "", "`ok`, or why there is no number"),
        *(REASON, *SPEEDUP),
        *variant_columns(
            "peak_bytes", "bytes", "highest live allocator bytes during the call, parameters and state left out"
        ),
        *variant_columns("held_bytes", "bytes", "live bytes after forward with only the result kept"),
        *variant_columns("step_peak_bytes", "bytes", "highest live allocator bytes during a whole step"),
        Column("peak_ratio", "ratio", f"peak, {_RATIO}"),
        Column("held_ratio", "ratio", f"held, {_RATIO}"),
        Column("step_peak_ratio", "ratio", f"peak of a step, {_RATIO}"),
        Column("agreement_error", "share of 1", "largest difference of the variants' values, gradients and updates"),
        *FELT,
        Column("felt_speedup", "ratio", "the speedup that a user of a GPU feels: of `felt_time_s`; empty on a CPU"),
        Column("felt_verdict", "", "its verdict"),
    ),
)
EXPECTATIONS = Table(
    "an expectation of a scenario, with what was measured",
    (
        *(RUN, DEVICE, _TOPIC, _SCENARIO),
        Column("kind", "", "`expectation` (one variant against the other) or `growth` (of one variant with the scale)"),
        *(PHASE, _QUANTITY),
        Column("expected", "", "in words"),
        Column("outcome", "", "`confirmed`, `contradicted` or `open`"),
        Column("measured", "", "in words"),
        Column("relation", "", "in place needs `less`, the `same` or `more`"),
        Column("factor", "ratio", "at least this many times less or more"),
        Column("variant", "", "the variant whose growth is expected"),
        Column("exponent", "", "the expected power of the scale"),
        *variant_columns("", "s or bytes", "the measured number"),
        Column("ratio", "ratio", f"{_RATIO}; of a GPU's times as a user feels it"),
        Column("ratio_low", "ratio", "lower end of a speedup's interval"),
        Column("ratio_high", "ratio", "its upper end"),
        Column("measured_exponent", "", "the fitted power"),
        Column("exponent_error", "", "its standard error"),
        Column("source", "", "who says so"),
        Column("about", "", "the belief in its own words"),
    ),
)
GROWTH = Table(
    "how a quantity of one variant grows with the scale",
    (
        *(RUN, DEVICE, _SCENARIO, _AXIS, PHASE, _QUANTITY),
        Column("variant", "", "`outofplace` or `inplace`"),
        Column("exponent", "", "the fitted power of the scale"),
        Column("standard_error", "", "of the fit"),
        Column("from_scale", "the axis's", "the smallest scale of the fit"),
        Column("to_scale", "the axis's", "the largest"),
    ),
)
SCENARIO_TABLES = {"scenarios": SCENARIOS, "expectations": EXPECTATIONS, "growth": GROWTH}
