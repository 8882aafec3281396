"""Record which op made, read and wrote each storage. A switch is proved by this structure, not by values."""

import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef

from benchmarks.advise.user.question import Reader
from benchmarks.advise.watch.node_makers import NO_NUMBER, NodeMakers
from benchmarks.advise.watch.storage_parts import StoragePart
from benchmarks.advise.watch.storages import storage_of, tensors_in
from benchmarks.tracking.effects import unmarked_writes
from benchmarks.tracking.engine import around_nodes
from benchmarks.tracking.graph_state import next_node_number, running_node
from benchmarks.tracking.overlapping_writes import is_in_turn, overlap_of, storages_written_twice
from benchmarks.tracking.recording_mode import RecordingMode
from benchmarks.tracking.stale_casts import casts_are_kept, is_weight

#: Ops that use only the shape of their argument: they do not read its values.
_OF_SHAPE_ALONE = ("empty_like", "zeros_like", "ones_like", "full_like", "rand_like", "randn_like", "new_")

#: Ops that may access more of a storage than the bytes of their argument.
_PAST_ITS_VIEW = ("as_strided", "set_", "resize", "_resize")


@dataclass(frozen=True)
class Access:
    """One op that read or wrote a storage."""

    at: int  #: the clock
    write: bool
    node: int  #: the number of the backward node that called the op; -1 outside of backward
    reader: Reader
    part: StoragePart | None = None  #: the bytes that it read or wrote; None if they are not known


@dataclass
class StorageRecord:
    """All that is recorded about one storage."""

    alive: StorageWeakRef  #: it does not keep the memory, but no other storage gets the same address while it exists
    born: int  #: the clock when an op made it; 0: it existed before
    maker: Reader | None = None  #: that op
    nbytes: int = 0
    ended: int | None = None  #: the clock when it was freed; None while it is alive
    end: "weakref.ref[Any] | None" = None  #: its callback sets `ended`
    splits: list[tuple[StoragePart, ...]] = field(default_factory=list)  #: parts that one op, as `chunk`, made
    survived: bool = False  #: it was alive after an execution, while the result of that was still held
    keepers: list[str] = field(default_factory=list)  #: who kept it then, in words, if that was asked for
    accesses: list[Access] = field(default_factory=list)
    escaped: Reader | None = None  #: the call that made its memory known outside of torch, such as `numpy()`
    copied_from: list[int] = field(default_factory=list)  #: storages of arguments that the call returns in other cases


class Ledger(RecordingMode):
    """Records every op below autograd, per storage, while this mode is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.storages: dict[int, StorageRecord] = {}
        self.clock = 0
        self.around: Callable[[int], AbstractContextManager[Any]] = lambda clock: nullcontext()  #: entered per op
        self.may_be_wrong = False  #: backward may read a storage written since, or a call may read what it writes
        self._made_at: dict[int, int] = {}  #: by backward node, the clock of the op that made it
        self.backward_began: int | None = None  #: the clock at the first op of backward since this was set to None
        self.parents: dict[int, int] = {}  #: by backward node that backward itself made, the node that ran then
        self._nodes = next_node_number()
        self.copies: list[tuple[int, int]] = []  #: per clone outside of backward: the clock, and the storage cloned
        self.engine_sums: dict[int, int] = {}  #: by clock, the bytes of a sum of gradients that no mode would allocate
        self._between_nodes = False  #: backward runs, and none of its nodes does
        self.callers: list[Reader] = [Reader("step", "", 0)]  #: the calls that run now, the innermost last
        self.makers = NodeMakers()

    def note(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run an op and return its result; record the storages that it reads, writes and makes."""
        inputs = list(arguments_of(func, args, kwargs))
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
        if self._between_nodes and func is torch.ops.aten.add.Tensor and not torch.is_grad_enabled():
            storage = storage_of(result)
            self.engine_sums[self.clock] = storage.nbytes() if storage is not None else 0
        reader = self._reader(func, number, node)
        made = [self.key(tensor, born=self.clock, maker=reader) for tensor in tensors_in(result)]
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

    @contextmanager
    def around_engine(self, outputs: Iterable[Any]) -> Iterator[None]:
        """Within this block, which runs backward from `outputs`, note the sums that the engine makes between nodes."""
        outer = self._between_nodes

        def note(between: bool) -> None:
            self._between_nodes = between

        with around_nodes(outputs, lambda: note(False), lambda: note(True)):
            note(True)
            try:
                yield
            finally:
                note(outer)

    def key(self, tensor: torch.Tensor, born: int = 0, maker: Reader | None = None) -> int | None:
        """Return the key of a tensor's storage, which is recorded from now on; None if it has none (sparse, fake).

        `born`, `maker`: the clock and the op, if one just made the storage.
        """
        storage = storage_of(tensor)
        if storage is None:
            return None
        key = storage._cdata
        if key not in self.storages:
            end = weakref.ref(storage, lambda _: self._note_end(key))
            self.storages[key] = StorageRecord(StorageWeakRef(storage), born, maker, storage.nbytes(), end=end)
        return key

    def known_key(self, tensor: torch.Tensor) -> int | None:
        """Return the key of a tensor's storage if it is recorded already; else None."""
        storage = storage_of(tensor)
        return storage._cdata if storage is not None and storage._cdata in self.storages else None

    def maker_of(self, key: int | None) -> Reader | None:
        """Return the op that made a storage; None if no op was seen to make it."""
        return self.storages[key].maker if key in self.storages else None

    def copied_bytes(self, tensor: torch.Tensor, since: int) -> int:
        """Return a tensor's bytes if its storage was cloned, outside of backward, after the clock was `since`; else 0.

        Only the last clones count.
        """
        key = self.key(tensor)
        copied = any(clock > since and each == key for clock, each in reversed(self.copies[-8:]))
        return tensor.nbytes if copied and key is not None else 0

    def is_within(self, node: int, nodes: tuple[int, int]) -> bool:
        """Whether a backward node, or one that it descends from, has a number from nodes[0] up to before nodes[1]."""
        while node >= 0 and not nodes[0] <= node < nodes[1]:
            node = self.parents.get(node, -1)
        return node >= 0

    def _note_end(self, key: int) -> None:
        self.storages[key].ended = self.clock

    def _note_parent(self, running: int) -> None:
        """Record the nodes made since the last op; the parent of a single one is the backward node that runs."""
        before, self._nodes = self._nodes, next_node_number()
        made = self._nodes - before
        self._made_at |= dict.fromkeys(range(before, self._nodes), self.clock + 1)
        if made == 1 and 0 <= running < NO_NUMBER:  # of several, it is not known which one made which
            self.parents[self._nodes - 1] = running

    def _compare_with_writes(self, kept: StorageRecord, node: int) -> None:
        if 0 <= node < NO_NUMBER and not self.may_be_wrong:
            made = self._made_at.get(node, self.clock)
            written = any(access.write and access.at > made and access.node < 0 for access in kept.accesses)
            self.may_be_wrong = written or kept.escaped is not None

    def _note_split(self, keys: list[int | None], views: Iterable[torch.Tensor]) -> None:
        parts = [_part_of(view) for view in views]
        known = [part for part in parts if part is not None]
        if len(known) > 1 and len(known) == len(parts) and len(set(keys)) == 1 and keys[0] is not None:
            self.storages[keys[0]].splits.append(tuple(known))

    def note_survivors(self) -> None:
        """Mark the storages that are still alive as survivors of this execution."""
        for kept in self.storages.values():
            kept.survived = kept.survived or not kept.alive.expired()

    def _reader(self, func: Any, number: int, node: Any) -> Reader:
        if node is None:
            caller = self.callers[-1]
            return caller if caller.op != "step" else Reader(func.__name__.split(".")[0], caller.file, caller.line)
        return self.makers.backward_of(number) or Reader(f"backward ({node.name()})", "", 0)


def _part_of(tensor: torch.Tensor) -> StoragePart | None:
    with torch._C.DisableTorchFunction():
        return StoragePart.of(tensor)


def arguments_of(func: Any, args: Any, kwargs: dict[str, Any]) -> Iterator[tuple[torch.Tensor, bool]]:
    """Yield each tensor among an op's arguments, and whether the op writes it."""
    declared, unmarked = func._schema.arguments, set(map(id, unmarked_writes(func._schema, args, kwargs)))
    for place, argument in enumerate(declared):
        value = args[place] if place < len(args) else kwargs.get(argument.name)
        write = argument.alias_info is not None and argument.alias_info.is_write
        yield from ((tensor, write or id(tensor) in unmarked) for tensor in tensors_in(value))


def _is_odd_write(func: Any, args: Any, kwargs: Any, inputs: Iterable[tuple[torch.Tensor, bool]]) -> bool:
    """Whether a call writes memory that it also reads otherwise, or twice, or a weight that autocast may have cast."""
    if not func._schema.is_mutable:
        return False
    if storages_written_twice(func, args, kwargs) if is_in_turn(func) else overlap_of(func, args, kwargs):
        return True
    return casts_are_kept() and any(write and is_weight(tensor) for tensor, write in inputs)
