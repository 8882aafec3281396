"""What a cell of the safety matrix says, and the questions that its columns ask. Standard library only."""

from dataclasses import dataclass

#: Same values and gradients as out-of-place; an error; no error and another result; no error, and a narrower dtype than
#: out-of-place; torch has no such derivative or rule; the question does not arise, or could not be asked; the probe
#: ended its process; or froze it.
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

#: By column: what is asked. The order is that of the table.
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
    "forward_ad": "forward-mode derivative",
    "vmap": "under torch.vmap",
    "func_grad": "under torch.func.grad",
    "aot_eager": "under torch.compile, backend aot_eager",
    "inductor": "under torch.compile, backend inductor",
    "version": "how far the version counter moves",
}

#: The columns that take seconds a pair, and what stands in them where they are not asked for.
COMPILED = ("aot_eager", "inductor")
NOT_ASKED = "not asked for (--compile)"


@dataclass(frozen=True)
class Cell:
    """The answer to one question for one pair."""

    status: str
    text: str = ""  #: the error's first line, the reason, or what differs
    error: float | None = None  #: largest relative difference, where there is one
