"""What the watched execution notes of the calls that could be in place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import torch

from benchmarks.advise.candidates import Candidate
from benchmarks.advise.inplace_calls import OutOfPlace
from benchmarks.advise.ledger import Ledger, tensors_in
from benchmarks.advise.own_returns import OwnReturns
from benchmarks.advise.storage_parts import StoragePart, share_bytes

#: Before Python 3.12 these are functions of their own, which the function around them runs at once.
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")
_MOST_ELEMENTS = 64  #: of a list that is looked into


@dataclass
class Occurrence:
    """One call at a site, with one of its operands."""

    key: int | None  #: the storage of the operand
    part: StoragePart | None  #: what the operand is of it
    result: int | None  #: the storage of the call's result
    began: int  #: the ledger's clock when it was called
    ended: int
    nodes: tuple[int, int]  #: numbers of the backward nodes that it made: from, up to
    execution_began: int  #: the clock when the step was called
    frame_began: int  #: the clock when the function that holds the site was entered
    custom_began: int | None  #: the same of the custom autograd function that called it, if one did
    in_backward: bool
    sharing: frozenset[str] = frozenset()  #: variables of the function that share bytes with the operand
    problem: str | None = None  #: what alone forbids it
    between: int = 0  #: of a module: the clock when the user's own call began that led to it


@dataclass
class Trace:
    """What was seen."""

    ledger: Ledger
    execution_began: int = 0  #: the ledger's clock when the step was called last
    occurrences: dict[Candidate, list[Occurrence]] = field(default_factory=dict)
    in_place: dict[OutOfPlace, int] = field(default_factory=dict)  #: and the bytes that torch copied for each
    callees: dict[tuple[CodeType, int], set[CodeType]] = field(default_factory=dict)  #: of the user's, by their call
    own_returns: OwnReturns | None = None  #: when all was seen
    lines: dict[CodeType, set[int]] = field(default_factory=dict)  #: that were executed, of the user's functions
    globals: dict[str, dict[str, Any]] = field(default_factory=dict)  #: by file, those of its functions


def holding_frame(frame: FrameType) -> FrameType:
    """The frame of the function around a comprehension; of any other function its own."""
    while frame.f_code.co_name in _COMPREHENSIONS and frame.f_back is not None:
        frame = frame.f_back
    return frame


def sharing_names(frame: FrameType, ledger: Ledger, key: int | None, part: StoragePart | None) -> frozenset[str]:
    """The variables of a function, and of a comprehension within it, whose tensors share bytes with a part."""
    return frozenset(
        name
        for name, value in (*frame.f_locals.items(), *holding_frame(frame).f_locals.items())
        if any(_shares(tensor, ledger, key, part) for tensor in _held(value))
    )


def _held(value: Any) -> Iterable[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return (value,)
    return tensors_in(list(value)) if isinstance(value, list | tuple) and len(value) <= _MOST_ELEMENTS else ()


def _shares(tensor: torch.Tensor, ledger: Ledger, key: int | None, part: StoragePart | None) -> bool:
    if ledger.known_key(tensor) != key:
        return False
    other = StoragePart.of(tensor)
    return part is None or other is None or share_bytes(part, other)


def overlaps_another(operand: torch.Tensor, arguments: Iterator[torch.Tensor], ledger: Ledger) -> bool:
    """Whether another argument of a call lies in some of an operand's bytes, and not in the very same way."""
    key, part = ledger.known_key(operand), StoragePart.of(operand)
    others = [StoragePart.of(each) for each in arguments if each is not operand and ledger.known_key(each) == key]
    return key is not None and any(
        part is None or each is None or (each != part and share_bytes(part, each)) for each in others
    )
