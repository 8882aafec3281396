"""The safety matrix as stored: a row a pair, read back without trust. Standard library only."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from benchmarks.autograd.record.fields import fields_of

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


#: Does the in-place form save memory in training?
YES, WHILE_IT_RUNS, NO, COSTS_A_COPY, NO_GRADIENT, UNKNOWN = ANSWERS = (
    "yes",
    "only while it runs",
    "no",
    "no, it costs a copy",
    "no gradient",
    "unknown",
)

#: Of the other operand, for memory: as usual (or there is none), a tensor that requires grad, a Python number.
PLAIN, REQUIRES_GRAD, NUMBER = CONDITIONS = ("plain", "other requires grad", "other is a number")

_LONGEST = 1_000  #: characters of one text
_MOST = 2**60


@dataclass(frozen=True)
class Saved:
    """What both forms save for backward and hold in memory, under one condition of the other operand.

    `outofplace` and `inplace` name each kind of saved tensor once: result, argument, self, clone of self, another
    tensor. Bytes are those of forward and a whole step, own input included; None where they were not to be had.
    """

    condition: str
    outofplace: tuple[str, ...]
    inplace: tuple[str, ...]
    answer: str
    reason: str  #: why there is no answer, or ""
    input_bytes: int
    outofplace_peak_bytes: int | None = None
    inplace_peak_bytes: int | None = None
    outofplace_held_bytes: int | None = None
    inplace_held_bytes: int | None = None
    outofplace_step_peak_bytes: int | None = None
    inplace_step_peak_bytes: int | None = None


@dataclass(frozen=True)
class SafetyRow:
    """A pair: its statements, a cell a question, and what it saves for backward."""

    name: str
    family: str
    outofplace: str
    inplace: str
    cells: dict[str, Cell]
    saved: tuple[Saved, ...]


def safety_row(value: Any) -> SafetyRow:
    """The row of one parsed JSON value; ValueError says what is wrong."""
    given = fields_of(value, SafetyRow)
    for name in ("name", "family", "outofplace", "inplace"):
        _check(name, given[name], _is_text)
    cells = given["cells"]
    if not isinstance(cells, dict) or set(cells) - set(QUESTIONS):
        raise ValueError("field 'cells' is no object of known questions")
    if not isinstance(given["saved"], list):
        raise ValueError("field 'saved' is no list")
    given["cells"] = {column: cell(cells[column]) for column in QUESTIONS if column in cells}
    given["saved"] = tuple(map(saved, given["saved"]))
    return SafetyRow(**given)


def cell(value: Any) -> Cell:
    """The cell of one parsed JSON value; ValueError says what is wrong."""
    given = fields_of(value, Cell)
    _check("status", given["status"], lambda status: status in STATUSES)
    _check("text", given["text"], _is_text)
    _check("error", given["error"], lambda error: error is None or _is_number(error))
    return Cell(**given)


def saved(value: Any) -> Saved:
    """What one parsed JSON value says is saved for backward; ValueError says what is wrong."""
    given = fields_of(value, Saved)
    _check("condition", given["condition"], lambda condition: condition in CONDITIONS)
    _check("answer", given["answer"], lambda answer: answer in ANSWERS)
    _check("reason", given["reason"], _is_text)
    for name in ("outofplace", "inplace"):
        _check(name, given[name], lambda kinds: isinstance(kinds, list) and all(map(_is_text, kinds)))
        given[name] = tuple(given[name])
    for name in (field.name for field in fields(Saved) if field.name.endswith("_bytes")):
        _check(name, given[name], lambda count: count is None or (type(count) is int and 0 <= count < _MOST))
    return Saved(**given)


def _check(name: str, value: Any, good: Callable[[Any], bool]) -> None:
    if not good(value):
        raise ValueError(f"field {name!r} holds {str(value)[:40]!r}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _MOST
