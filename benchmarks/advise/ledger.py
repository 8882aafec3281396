"""Who made, read and wrote each storage in one execution: structure, not values, is what proves a switch."""

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef

from benchmarks.advise.question import Reader
from benchmarks.advise.storage_parts import StoragePart
from benchmarks.tracking.effects import unmarked_writes
from benchmarks.tracking.graph_state import next_node_number, running_node
from benchmarks.tracking.overlapping_writes import is_in_turn, overlap_of, storages_written_twice
from benchmarks.tracking.recording_mode import RecordingMode
from benchmarks.tracking.stale_casts import casts_are_kept, is_weight

#: Made of the shape of a tensor alone: its values are not read.
_OF_SHAPE_ALONE = ("empty_like", "zeros_like", "ones_like", "full_like", "rand_like", "randn_like", "new_")

#: These read past the view that they are given.
_PAST_ITS_VIEW = ("as_strided", "set_", "resize", "_resize")

#: Nodes of autograd that no call of the forward pass made.
_NO_NUMBER = 2**63


@dataclass(frozen=True)
class Access:
    """One op that read or wrote a storage. `node`: the number of the backward node that called it, -1 elsewhere."""

    at: int
    write: bool
    node: int
    reader: Reader
    part: StoragePart | None = None  #: what it read or wrote of it; None where that is not known


@dataclass
class Kept:
    """One storage. The weak reference keeps its address from being used again, not its memory."""

    alive: StorageWeakRef
    born: int  #: 0: it was there before the step
    nbytes: int = 0
    ended: int | None = None  #: the ledger's clock when it was freed
    end: "weakref.ref[Any] | None" = None  #: it tells the end
    splits: list[tuple[StoragePart, ...]] = field(default_factory=list)  #: what single ops divided it into
    survived: bool = False  #: an execution of the step, whose result was still held
    accesses: list[Access] = field(default_factory=list)
    escaped: Reader | None = None  #: the call that gave its memory to something that torch does not see
    copied_from: list[int] = field(default_factory=list)  #: storages that it would be, had a call had nothing to do


class Ledger(RecordingMode):
    """Writes down every op below autograd, while it is entered, by storage."""

    def __init__(self) -> None:
        super().__init__()
        self.storages: dict[int, Kept] = {}
        self.clock = 0
        self.around: Callable[[int], AbstractContextManager[Any]] = lambda clock: nullcontext()  #: an op, by its clock
        self.may_be_wrong = False  #: backward may read what was written since, or a call what it writes
        self._made_at: dict[int, int] = {}  #: of each backward node, the clock at the op that made it
        self.backward_began: int | None = None  #: the clock at the first op of a backward since this was None
        self.parents: dict[int, int] = {}  #: of a node that backward made (for a second one), the node that ran
        self._nodes = next_node_number()
        self.copies: list[tuple[int, int]] = []  #: of each storage that forward cloned: the clock, and which it is
        self.callers: list[Reader] = [Reader("step", "", 0)]  #: the innermost call of the user's last
        self._made_by: list[tuple[int, int, Reader]] = []  #: numbers of backward nodes, and the call that made them

    def note(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        inputs = list(_arguments(func, args, kwargs))
        for tensor, _ in inputs:
            self.key(tensor)
        self.may_be_wrong = self.may_be_wrong or _is_odd_write(func, args, kwargs, inputs)
        node = running_node()
        number = node._sequence_nr() if node is not None else -1
        self._note_parent(number)
        self.clock += 1
        if node is not None and self.backward_began is None:
            self.backward_began = self.clock
        with self.around(self.clock):
            result = func(*args, **kwargs)
        reader = self._reader(func, number, node)
        made = [self.key(tensor, born=self.clock) for tensor in tensors_in(result)]
        if func is torch.ops.aten.clone.default and node is None:
            self.copies.append((self.clock, self.key(args[0]) or 0))
        if func.is_view and isinstance(result, list | tuple):
            self._note_split(made, result)
        if not func.is_view and not any(word in func.__name__ for word in _OF_SHAPE_ALONE):
            for tensor, write in inputs:
                key = self.key(tensor)
                if key is not None and (write or key not in made):
                    part = None if func.__name__.startswith(_PAST_ITS_VIEW) else _part_of(tensor)
                    self._compare_with_writes(self.storages[key], number)
                    self.storages[key].accesses.append(Access(self.clock, write, number, reader, part))
        return result

    def key(self, tensor: torch.Tensor, born: int = 0) -> int | None:
        """The storage of a tensor, known from now on; None where it has none of its own (sparse, batched, fake)."""
        storage = _storage_of(tensor)
        if storage is None:
            return None
        key = storage._cdata
        if key not in self.storages:
            end = weakref.ref(storage, lambda _: self._note_end(key))
            self.storages[key] = Kept(StorageWeakRef(storage), born, storage.nbytes(), end=end)
        return key

    def known_key(self, tensor: torch.Tensor) -> int | None:
        """The same of a storage that is known already; None of any other."""
        storage = _storage_of(tensor)
        return storage._cdata if storage is not None and storage._cdata in self.storages else None

    def has_copied(self, key: int, since: int) -> bool:
        """Whether a storage was cloned since a moment."""
        return any(clock > since and each == key for clock, each in reversed(self.copies[-8:]))

    def is_within(self, node: int, nodes: tuple[int, int]) -> bool:
        """Whether a backward node is one of some, or computes a gradient of what one of these does."""
        while node >= 0 and not nodes[0] <= node < nodes[1]:
            node = self.parents.get(node, -1)
        return node >= 0

    def _note_end(self, key: int) -> None:
        self.storages[key].ended = self.clock

    def _note_parent(self, running: int) -> None:
        """Where an op of a running node made a node of its own: whose gradient that one computes."""
        before, self._nodes = self._nodes, next_node_number()
        made = self._nodes - before
        self._made_at |= dict.fromkeys(range(before, self._nodes), self.clock + 1)
        if made == 1 and 0 <= running < _NO_NUMBER:  # where there are several, nobody tells whose each is
            self.parents[self._nodes - 1] = running

    def _compare_with_writes(self, kept: Kept, node: int) -> None:
        if 0 <= node < _NO_NUMBER and not self.may_be_wrong:
            made = self._made_at.get(node, self.clock)
            written = any(access.write and access.at > made and access.node < 0 for access in kept.accesses)
            self.may_be_wrong = written or kept.escaped is not None

    def _note_split(self, keys: list[int | None], views: Iterable[torch.Tensor]) -> None:
        parts = [_part_of(view) for view in views]
        known = [part for part in parts if part is not None]
        if len(known) > 1 and len(known) == len(parts) and len(set(keys)) == 1 and keys[0] is not None:
            self.storages[keys[0]].splits.append(tuple(known))

    def note_survivors(self) -> None:
        """Note which of the storages are still alive."""
        for kept in self.storages.values():
            kept.survived = kept.survived or not kept.alive.expired()

    def node_made(self, first: int, last: int, caller: Reader) -> None:
        """A call of the user's made the backward nodes of these numbers."""
        if last > first:
            self._made_by.append((first, last, caller))

    def _reader(self, func: Any, number: int, node: Any) -> Reader:
        if node is None:
            caller = self.callers[-1]
            return caller if caller.op != "step" else Reader(func.__name__.split(".")[0], caller.file, caller.line)
        if number < _NO_NUMBER:
            for first, last, caller in reversed(self._made_by):
                if first <= number < last:
                    return Reader(f"backward of {caller.op}", caller.file, caller.line, caller.module)
        return Reader(f"backward ({node.name()})", "", 0)


def _part_of(tensor: torch.Tensor) -> StoragePart | None:
    with torch._C.DisableTorchFunction():
        return StoragePart.of(tensor)


def _storage_of(tensor: torch.Tensor) -> torch.UntypedStorage | None:
    """The storage of a tensor; None where it has none of its own."""
    try:
        with torch._C.DisableTorchFunction():  # else it is a call of the user's, which gives memory away
            return tensor.untyped_storage()
    except (RuntimeError, NotImplementedError):  # how torch says so: sparse, batched by vmap, fake
        return None


def _arguments(func: Any, args: Any, kwargs: dict[str, Any]) -> Iterator[tuple[torch.Tensor, bool]]:
    """Each tensor that an op is given, and whether it writes it."""
    declared, unmarked = func._schema.arguments, set(map(id, unmarked_writes(func._schema, args, kwargs)))
    for place, argument in enumerate(declared):
        value = args[place] if place < len(args) else kwargs.get(argument.name)
        write = argument.alias_info is not None and argument.alias_info.is_write
        yield from ((tensor, write or id(tensor) in unmarked) for tensor in tensors_in(value))


def _is_odd_write(func: Any, args: Any, kwargs: Any, inputs: Iterable[tuple[torch.Tensor, bool]]) -> bool:
    """Whether a call writes what it also reads, one memory twice, or a weight of which autocast may keep a cast."""
    if not func._schema.is_mutable:
        return False
    if storages_written_twice(func, args, kwargs) if is_in_turn(func) else overlap_of(func, args, kwargs):
        return True
    return casts_are_kept() and any(write and is_weight(tensor) for tensor, write in inputs)


def tensors_in(value: Any) -> Iterable[torch.Tensor]:
    """The tensors of an argument or a result: itself, or those of a list or a mapping, at any depth."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tensors_in(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from tensors_in(each)
