"""The columns of the tables of safety, claims and hazards."""

from collections.abc import Iterator

from analysis.report.exports.schema import FAMILY, Column, Table, variant_columns
from benchmarks.autograd.record.safety import QUESTIONS
from benchmarks.record import PROSE

_TRUTH = (
    Column("torch", "", "the version of torch that it ran with"),
    Column("device", "", "the kind of device that it ran on"),
)


def _saved_columns(end: str, condition: str) -> Iterator[Column]:
    """Columns of a pair's memory in training, where the other operand does or does not require grad."""
    when = f", {condition}" if condition else ""
    yield Column(f"saves_memory{end}", "", f"does the in-place variant save memory in training{when}")
    for column in variant_columns("saved", "", "the tensors saved for backward" + when):
        yield Column(column.name + end, column.unit, column.meaning)
    yield Column(f"input_bytes{end}", "bytes", f"bytes of the input{when}")
    for name, what in (
        ("held_bytes", "live after forward with only the result kept"),
        ("peak_bytes", "highest live during forward"),
        ("step_peak_bytes", "highest live during forward and backward"),
    ):
        for column in variant_columns(name, "bytes", what + when):
            yield Column(column.name + end, column.unit, column.meaning)


SAFETY = Table(
    "a pair on one torch and kind of device: what autograd does with its in-place variant",
    (
        *_TRUTH,
        Column("name", "", "the pair"),
        FAMILY,
        *(Column(variant, "", f"{words} variant: its code") for variant, words in PROSE.items()),
        Column("inputs", "", "the range that its operands were drawn from: the answers hold for these inputs"),
        *(Column(name, "", f"the in-place variant called {asked}: its status") for name, asked in QUESTIONS.items()),
        *_saved_columns("", ""),
        *_saved_columns("_other_requires_grad", "where the other operand requires grad"),
        *_saved_columns("_other_number", "where the other operand is a number"),
        *(Column(f"{name}_text", "", f"the error or observation with `{name}`") for name in QUESTIONS),
        *(Column(f"{name}_error", "share of 1", f"largest relative difference with `{name}`") for name in QUESTIONS),
    ),
)
CLAIMS = Table(
    "a belief about in-place ops on one torch and kind of device, decided by a program",
    (
        *_TRUTH,
        Column("name", "", "the claim"),
        Column("belief", "", "what is believed"),
        Column("said", "", "who says so, or the quoted words"),
        Column("verdict", "", "`true`, `false`, `partly`, `not available`"),
        Column("reason", "", "why there is no verdict"),
        Column("place", "", "the program: file and line"),
        Column("evidence", "", "what was observed, for or against"),
    ),
)
HAZARDS = Table(
    "a program with an in-place write on one torch and kind of device",
    (
        *_TRUTH,
        Column("name", "", "the hazard"),
        Column("title", "", "what it does"),
        Column("kind", "", "its kind: `silent`, `raises`, `guard` (against an old bug)"),
        Column("status", "", "`silent` (a wrong gradient, no error), `raises`, `fixed` (right), `not available`, ..."),
        Column("last_known", "", "the status seen before"),
        Column("last_known_torch", "", "the version of torch that it was seen on"),
        Column("changed", "true, false", "whether the status is different now"),
        Column("true", "", "the right gradients, computed independently"),
        Column("obtained", "", "the gradients obtained"),
        Column("reason", "", "the error, or why it is not available"),
        Column("instead", "", "what to write instead"),
        Column("reference", "", "where it was reported"),
        Column("place", "", "the program: file and line"),
        Column("rewrite_status", "", "the status of the replacement, when run"),
        Column("rewrite_obtained", "", "the gradients of the replacement"),
    ),
)
CORRECTNESS_TABLES = {"safety": SAFETY, "claims": CLAIMS, "hazards": HAZARDS}
