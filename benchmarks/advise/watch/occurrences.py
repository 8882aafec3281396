"""The records that the watched execution makes of calls that could be in place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch

from benchmarks.advise.source.frames import FileCode
from benchmarks.advise.source.own_returns import OwnReturns
from benchmarks.advise.switches.candidates import Candidate
from benchmarks.advise.switches.inplace_calls import OutOfPlace
from benchmarks.advise.user.question import Reader
from benchmarks.advise.watch.ledger import Ledger
from benchmarks.advise.watch.storage_parts import StoragePart, share_bytes
from benchmarks.advise.watch.storages import tensors_in

#: Names of comprehensions, which before Python 3.12 run as functions of their own.
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")
_MOST_ELEMENTS = 64  #: longer lists are not searched for tensors


@dataclass
class Occurrence:
    """One call at a site, seen for one of its operands."""

    key: int | None  #: the storage of the operand
    part: StoragePart | None  #: the bytes of the operand in its storage
    result: int | None  #: the storage of the call's result
    began: int  #: the clock when the call began
    ended: int  #: the clock when it returned
    nodes: tuple[int, int]  #: numbers of the backward nodes that it made: the first, and the one after the last
    execution_began: int  #: the clock when the step was called
    frame_began: int  #: the clock when the function that holds the site was entered
    custom_began: int | None  #: the clock when the custom autograd function around it was entered, if there is one
    in_backward: bool  #: it was called while backward ran
    handed_by: Reader | None  #: within a custom function or a backward: the user's call that led to it, if known
    sharing: frozenset[str] = frozenset()  #: variables of the function that share bytes with the operand
    problem: str | None = None  #: why the operand can never be overwritten, if so
    made_by: Reader | None = None  #: of an operand that torch refuses to write: the op that made its memory, if seen
    between: int = 0  #: for a module: the clock when the user's call that led to it began


@dataclass
class Trace:
    """All records of the watched executions."""

    ledger: Ledger
    execution_began: int = 0  #: the clock when the step was last called
    executions: list[int] = field(default_factory=list)  #: the clock whenever a step was called
    occurrences: dict[Candidate, list[Occurrence]] = field(default_factory=dict)  #: the calls of each candidate
    unplaced: set[Candidate] = field(default_factory=set)  #: of lines on which one was called, unknown which
    in_place: dict[OutOfPlace, int] = field(default_factory=dict)  #: by call in place, the bytes that torch copied
    callees: dict[tuple[FileCode, int], set[FileCode]] = field(default_factory=dict)  #: by calling code and its offset
    own_returns: OwnReturns | None = None  #: None until all steps have been executed
    lines: dict[FileCode, set[int]] = field(default_factory=dict)  #: by function of the user, the lines executed
    globals: dict[str, dict[str, Any]] = field(default_factory=dict)  #: by file, the globals of its functions


def holding_frame(frame: FrameType) -> FrameType:
    """Return the frame of the function around a comprehension; for other functions the frame itself."""
    while frame.f_code.co_name in _COMPREHENSIONS and frame.f_back is not None:
        frame = frame.f_back
    return frame


def sharing_names(frame: FrameType, ledger: Ledger, key: int | None, part: StoragePart | None) -> frozenset[str]:
    """Return the names of a function's variables whose tensors share bytes with a part of a storage.

    `key`: the storage. `part`: None if its bytes are not known; then all of the storage counts. The variables of a
    comprehension and those of the function around it both count.
    """
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
    """Whether another argument of a call shares bytes with the operand, and is not exactly the same part."""
    key, part = ledger.known_key(operand), StoragePart.of(operand)
    others = [StoragePart.of(each) for each in arguments if each is not operand and ledger.known_key(each) == key]
    return key is not None and any(
        part is None or each is None or (each != part and share_bytes(part, each)) for each in others
    )
