"""The safety matrix as stored: a row per pair, a cell per question, and what each pair saves for backward."""

from dataclasses import dataclass
from typing import Annotated

from benchmarks.record.field_types import Bytes, Choice, Number, Text

#: Same values and gradients as out-of-place; an error; no error and another result; no error, and a narrower dtype than
#: out-of-place; torch has no such derivative or rule; the question does not arise, or could not be asked; the probe
#: ended its process; the probe froze it.
WORKS, RAISES, WRONG, NARROWS, NOT_IMPLEMENTED, NO_CASE, CRASHED, HUNG = STATUSES = (
    "works",
    "raises",
    "wrong",
    "narrows",
    "not implemented",
    "no case",
    "crashed",
    "hung",
)

#: The question of each column, in the table's order.
QUESTIONS = {
    "leaf": "on a leaf that requires grad",
    "nonleaf": "on a tensor in the middle of a graph",
    "after_saver": "on the result of an op that saves its result for backward",
    "itself": "with itself as the other operand: h.op_(h)",
    "view": "on a view: do the base, the rest of it and the gradient come out right?",
    "expanded": "on an expanded tensor, whose elements share memory",
    "chunk": "on a view from an op that returns several",
    "overlapping": "on a view whose elements overlap",
    "growth": "with an operand that would make the result larger",
    "promotion": "with an operand, or a result, of a dtype that the input cannot hold",
    "first": "first derivative, against finite differences in float64",
    "second": "second derivative, against finite differences in float64",
    "agreement": "gradients against out-of-place in float32, inputs to 100: largest relative difference, and where",
    "delicate": "at ties, bounds, repeated positions and zeros: as out-of-place, and between the slopes on both sides?",
    "forward_ad": "forward-mode derivative",
    "vmap": "under torch.vmap",
    "func_grad": "under torch.func.grad",
    "aot_eager": "under torch.compile, backend aot_eager",
    "inductor": "under torch.compile, backend inductor",
    "aot_eager_view": "compiled with aot_eager, on views: of its input, and of a tensor that it makes",
    "aot_eager_itself": "compiled with aot_eager, with an operand made of itself: h, or h flipped",
    "aot_eager_overlapping": "compiled with aot_eager, on a view whose elements overlap",
    "inductor_view": "compiled with inductor, on views: of its input, and of a tensor that it makes",
    "inductor_itself": "compiled with inductor, with an operand made of itself: h, or h flipped",
    "inductor_overlapping": "compiled with inductor, on a view whose elements overlap",
    "version": "how far the version counter moves",
}

#: The columns that take seconds per pair, and the text of their cells when they are not asked.
BACKENDS = ("aot_eager", "inductor")
COMPILED = tuple(q for q in QUESTIONS if q.startswith(BACKENDS))
NOT_ASKED = "not asked for (--compile)"


#: Does the in-place variant save memory in training?
YES, WHILE_IT_RUNS, NO, COSTS_A_COPY, NO_GRADIENT, UNKNOWN = ANSWERS = (
    "yes",
    "only while it runs",
    "no",
    "no, it costs a copy",
    "no gradient",
    "unknown",
)

#: Conditions of the other operand, for memory: as usual (or none), a tensor that requires grad, a Python number.
PLAIN, REQUIRES_GRAD, NUMBER = CONDITIONS = ("plain", "other requires grad", "other is a number")

ShortText = Annotated[str, Text(1_000)]
Status = Annotated[str, Choice(STATUSES)]
Question = Annotated[str, Choice(tuple(QUESTIONS))]
Condition = Annotated[str, Choice(CONDITIONS)]
Answer = Annotated[str, Choice(ANSWERS)]


@dataclass(frozen=True)
class SafetyCell:
    """The answer to one question for one pair."""

    status: Status
    text: ShortText = ""  #: the error's first line, the reason, or the difference
    error: Annotated[float, Number("ratio")] | None = None  #: largest relative difference, if there is one

    @property
    def short(self) -> str:
        """The first sentence of `text`: torch's errors are paragraphs that go on with advice."""
        return self.text.partition(". ")[0].rstrip(".")


@dataclass(frozen=True)
class Saved:
    """What both variants save for backward and hold in memory, under one condition of the other operand.

    `outofplace` and `inplace` name each kind of saved tensor once: result, argument, self, clone of self, another
    tensor. Bytes are those of forward and of a whole step, own input included; None if they could not be counted.
    """

    condition: Condition
    outofplace: tuple[ShortText, ...]
    inplace: tuple[ShortText, ...]
    answer: Answer
    reason: ShortText  #: why there is no answer; may be ""
    input_bytes: Bytes
    outofplace_peak_bytes: Bytes | None = None
    inplace_peak_bytes: Bytes | None = None
    outofplace_held_bytes: Bytes | None = None
    inplace_held_bytes: Bytes | None = None
    outofplace_step_peak_bytes: Bytes | None = None
    inplace_step_peak_bytes: Bytes | None = None


@dataclass(frozen=True)
class SafetyRow:
    """A pair: its statements, a cell per question, and what it saves for backward.

    `inputs` says from which domains its operands were drawn: the answers hold for these, except in columns that name
    others.
    """

    name: ShortText
    family: ShortText
    outofplace: ShortText
    inplace: ShortText
    cells: dict[Question, SafetyCell]
    saved: tuple[Saved, ...]
    inputs: ShortText = ""  #: missing in files older than the column `delicate`

    def status(self, question: str) -> str:
        """The answer to a question; NO_CASE where the row is older than the question."""
        return self.cells[question].status if question in self.cells else NO_CASE
