"""The columns of tables of measurements."""

from collections.abc import Iterator, Sequence

from analysis.numbers.quantities import FIRST, QUANTITIES, SECOND, THIRD, Quantity
from analysis.report.exports.schema import (
    ALLOCATOR,
    DEVICE,
    FAMILY,
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
from analysis.run.load import CASE_COLUMNS

#: The fields of a case; a test checks that each has a meaning.
_CASE = {
    "family": FAMILY,
    "pair": Column("pair", "", "the op, in its two variants"),
    "phase": PHASE,
    "numel": Column("numel", "elements", "number of elements of the input"),
    "shape": Column("shape", "elements", "shape of the input, such as 1024x1024"),
    "dtype": Column("dtype", "", "element type of the input"),
    "layout": Column("layout", "", "memory layout of the input; `parameters`: a list of tensors"),
    "operand": Column("operand", "", "the other operand: `none`, `same` (of the input's shape), `broadcast`, ..."),
    "other_requires_grad": Column("other_requires_grad", "true, false", "whether the other operand requires grad"),
    "device": DEVICE,
    "allocator": ALLOCATOR,
    "threads": THREADS,
    "scale": Column("scale", "the scenario's", "a scenario's own axis (batch, steps, tokens, depth); 0 for an op"),
}


def _verdict_counts() -> Iterator[Column]:
    for name in ("faster", "slower", "no difference", "inconclusive"):
        yield Column(name.replace(" ", "_"), "cases", f"how many cases have the verdict `{name}`")


def _quantity_columns(quantities: Sequence[Quantity]) -> Iterator[Column]:
    for quantity in quantities:
        if quantity.meaning:
            yield from variant_columns(quantity.name, quantity.unit, quantity.meaning)


def _gpu_columns() -> Iterator[Column]:
    """How a GPU was timed, and the host's times (columns before these have the device's); empty on a CPU."""
    yield from variant_columns(
        "host_time_s", "s", "seconds per call until it returns to the host, the median over passes"
    )
    yield Column("host_speedup", "ratio", "the speedup of these host times, the median over passes")
    yield Column("host_speedup_low", "ratio", "lower end of its sign-test interval over passes")
    yield Column("host_speedup_high", "ratio", "its upper end")
    yield Column("host_verdict", "", "the verdict of the host's speedup")
    yield Column("host_bound", "true, false", "the host takes longer than the device in both variants, if it was held")
    yield Column("felt_speedup", "ratio", "the speedup that a user feels: of `felt_time_s`, the median over passes")
    yield Column("felt_verdict", "", "the verdict of the felt speedup")
    yield Column("held", "true, false", "all calls of a round were queued before the device began the first")
    yield Column(
        "unheld_reason", "", "why not: `synchronises`, `long launch`, ...; then host and device are timed together"
    )
    yield Column("cache", "", "where a round's inputs are when its calls start: `hot` in the L2 cache, or `streamed`")
    yield Column("throttled_blocks", "blocks", "blocks in which the GPU was throttled, over all passes")
    yield Column("measured_blocks", "blocks", "blocks behind the times, over all passes; on every device")
    yield Column("dropped_blocks", "blocks", "throttled blocks that were left out, as enough others remained")


CASES = Table(
    "a case: a pair in one phase, at one value on each axis",
    (
        RUN,
        *(_CASE.get(name, Column(name, "", "")) for name in CASE_COLUMNS if name != "scale"),
        PASSES,
        Column(
            "state", "", "`ok`, or why there is no number: `disagreed`, `unsupported`, `out_of_memory`, `crashed`, ..."
        ),
        *(REASON, *SPEEDUP),
        *_quantity_columns(FIRST),
        *variant_columns(
            "bandwidth_ratio", "share of 1", "bytes that the op must move per second, of the machine's bandwidth"
        ),
        Column("disturbed", "true, false", "other processes took over a tenth of the machine in most passes"),
        # New columns come last, in order of arrival: readers may count columns.
        _CASE["scale"],
        *_gpu_columns(),
        *FELT,
        *_quantity_columns(SECOND),
        Column("verified", "true, false", "some pass showed that the variants agree; false: they were not compared"),
        Column(
            "agreement_error", "share of 1", "largest difference of the variants' values and gradients, of the largest"
        ),
        Column(
            "agreement_differing", "share of 1", "elements of values and gradients that differ; empty in older runs"
        ),
        Column("gradient", "", "for a pair of your own: whether its gradients are the derivatives, in words"),
        *variant_columns(
            "rounding_error", "share of 1", "where the variants differ: largest difference from values in float64"
        ),
        *_quantity_columns(THIRD),
        Column("below_resolution", "true, false", "the op changes less than its dtype can resolve"),
        *_quantity_columns(QUANTITIES[len(FIRST) + len(SECOND) + len(THIRD) :]),
    ),
)
_MEANS = (
    Column("speedup", "ratio", "geomean of the cases' speedups"),
    Column("n", "cases", "how many cases the geomean is over: plain ones with a verdict"),
    *_verdict_counts(),
    Column("felt_speedup", "ratio", "geomean of the felt speedups on a GPU; empty on a CPU"),
    Column("host_decides", "cases", "in how many cases the host of a GPU takes longer than the device in a variant"),
)
CASE_TABLES = {
    "cases": CASES,
    "families": Table("a family in a phase", (RUN, DEVICE, ALLOCATOR, FAMILY, PHASE, *_MEANS)),
    "phases": Table("a phase", (RUN, DEVICE, ALLOCATOR, PHASE, *_MEANS)),
    "sizes": Table(
        "a phase at a size",
        (
            *(RUN, DEVICE, ALLOCATOR, PHASE),
            Column("size", "elements", "the size that the cases count under, within a factor of two of their own"),
            *_MEANS,
        ),
    ),
    "axes": Table(
        "another value of an axis in a phase, against the same cases at their plain value",
        (
            *(RUN, DEVICE),
            Column("axis", "", "the axis that differs from the plain case: dtype, layout, operand, ..."),
            Column("value", "", "its value here"),
            PHASE,
            Column("cases", "cases", "how many cases were compared"),
            Column("pairs", "pairs", "how many ops they are of"),
            Column("speedup", "ratio", "geomean of their speedups"),
            Column("plain_speedup", "ratio", "geomean of the same ops in their plain cases"),
            *_verdict_counts(),
            Column("memory_cases", "cases", "how many cases have bytes on both sides"),
            Column("memory_ratio", "ratio", "geomean of out-of-place bytes / in-place bytes"),
            Column("plain_memory_ratio", "ratio", "the same of the plain cases"),
            Column(
                "felt_speedup", "ratio", "`speedup` as a user feels it; empty where the host of a GPU never decides"
            ),
            Column("felt_plain_speedup", "ratio", "the same of the plain cases"),
        ),
    ),
    "memory": Table(
        "an op and a question, at its largest size",
        (
            *(RUN, DEVICE),
            Column("label", "", "the op"),
            Column("question", "", "which bytes, in which phase"),
            *variant_columns("multiple", "multiples of the input's bytes", "bytes that it needs"),
        ),
    ),
    "coverage": Table(
        "an in-place name that the run's torch ships",
        (
            RUN,
            Column("name", "", "the name"),
            Column("status", "", "`measured`, `excused`, `missing`"),
            Column("reason", "", "why it is excused"),
        ),
    ),
}
