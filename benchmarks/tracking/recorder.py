"""The recorder: while any code runs, it notes for each storage who made, read, wrote and saved it."""

import bisect
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from benchmarks.tracking.effects import (
    flat_tensors,
    number_operands,
    read_tensors,
    run_moving_versions,
    unmarked_writes,
    written_tensors,
)
from benchmarks.tracking.engine import only_within_nodes
from benchmarks.tracking.exports import exports_noted
from benchmarks.tracking.graph_state import next_node_number, running_node, runs_backward
from benchmarks.tracking.lives import BACKWARD, FORWARD, UPDATE, OpCall, StorageLife, Write
from benchmarks.tracking.module_paths import ModulePaths
from benchmarks.tracking.recording_mode import RecordingMode
from benchmarks.tracking.saved import Saver, Unpacking
from benchmarks.tracking.site import site_here
from benchmarks.tracking.storage import storage_address, storage_extent

#: Without history: for how many of the latest graph nodes the call that made them is remembered.
_MOST_NODES = 200_000


class Recorder:
    """Notes what torch does within `recording()`: in this thread, also in backward and in recomputations.

    `history`: keep all calls, and all reads and writes of each storage, also after its end. Without it, keep only what
    concerns saved tensors, so that a long program can be watched. `contents`: take a checksum of each tensor when it is
    saved, and another when backward takes it. `around`: gets each OpCall and returns a context for the op to run in.

    `exact_bytes`: allocate only what the program would allocate alone. Then the end of a storage is not known, nor what
    autograd's engine does between the nodes of a graph: under a mode, it would sum gradients out of place.

    The recorded code behaves as it does without a recorder: if a saved tensor was written, unpacking it raises torch's
    error. Before that, `on_unpack` gets each Unpacking, refused or not. Compiled code runs, but is not seen.
    """

    def __init__(
        self,
        history: bool = True,
        contents: bool = False,
        on_unpack: Callable[[Unpacking], None] | None = None,
        around: Callable[[OpCall], Any] | None = None,
        exact_bytes: bool = False,
    ) -> None:
        self.lives: list[StorageLife] = []  #: with `history`: all storages, in the order in which they were seen
        self.calls: list[OpCall] = []  #: with `history`: all dispatched calls, in order
        self.modules = ModulePaths()
        self.order = 0  #: how many calls have begun
        self.last: OpCall | None = None  #: the call that was dispatched last
        self.last_number = 0  #: the number that the next graph node would have got when `last` was dispatched
        self.latest: OpCall | None = None  #: the latest call: dispatched, or that gave memory away, or an unpacking
        self.resting = False  #: whether the recorder itself calls torch now
        self.around = around
        self._exact_bytes = exact_bytes
        self.on_call: Callable[[OpCall, list[torch.Tensor]], object] | None = None  #: before each op, with its tensors
        self.history = history
        self.saver = Saver(self, contents, on_unpack)
        self._seen = 0
        self._living: dict[int, StorageLife] = {}
        self._weak: dict[int, weakref.ref] = {}  # kept alive, so that the callbacks are called
        self._steps = 0  # how many optimizer steps run now
        self._unsettled: list[tuple[StorageLife, Write]] = []
        self._sequence: list[int] = []  # the number of the last graph node that each call in `_by_sequence` made
        self._by_sequence: list[OpCall] = []

    @contextmanager
    def recording(self) -> Iterator["Recorder"]:
        """Record inside this block, and yield the recorder. It must not be entered twice at once."""
        with ExitStack() as stack:
            stack.enter_context(self.modules.followed())
            for register, hook in (
                (register_optimizer_step_pre_hook, self._begin_update),
                (register_optimizer_step_post_hook, self._end_update),
            ):
                stack.callback(register(hook).remove)
            stack.enter_context(exports_noted(self))
            stack.enter_context(self.saver.hooked())
            mode = stack.enter_context(_ModeOf(self))
            if self._exact_bytes:
                stack.enter_context(only_within_nodes(mode))
            yield self
            self.settle()

    def life_of(self, t: torch.Tensor, made_by: OpCall | None = None) -> StorageLife | None:
        """Return the storage of a tensor, a new one with its maker `made_by`; None for a layout without storage."""
        key = storage_address(t)
        if key is None:
            return None
        life = self._living.get(key)
        return self._begin(t, key, made_by) if life is None else life

    def known_life(self, t: torch.Tensor) -> StorageLife | None:
        """Return the storage of a tensor if it was seen before and lives, or else None. Nothing is added."""
        key = storage_address(t)
        return None if key is None else self._living.get(key)

    def _begin(self, t: torch.Tensor, key: int, made_by: OpCall | None) -> StorageLife:
        pointer, nbytes = storage_extent(t)
        life = StorageLife(self._seen, nbytes, str(t.device), pointer, made_by)
        self._seen += 1
        self._living[key] = life
        if not self._exact_bytes:  # the wrapper is a reference more: then the engine does not write the storage
            storage = torch._C.TensorBase.untyped_storage(t)  # the wrapper lives exactly as long as the storage itself
            self._weak[key] = weakref.ref(storage, lambda _: self._end(key))
        if self.history:
            self.lives.append(life)
        return life

    def _note_results(self, result: Any, given: Iterable[torch.Tensor], call: OpCall) -> None:
        if self._exact_bytes:  # an address that no argument has is that of a new storage, whatever was there before
            arguments = {storage_address(t) for t in given}
            new = {key: t for t in flat_tensors((result,)) if (key := storage_address(t)) is not None}
            for key, t in new.items():
                if key not in arguments:
                    self._begin(t, key, call)
            return
        for t in flat_tensors((result,)):
            self.life_of(t, call)

    def new_call(self, op: str) -> OpCall:
        """Make and return the call that begins now. `op`: its name in the schema, or that of a method."""
        node, forward, region = self._in_graph()
        call = OpCall(self.order, op, site_here(), self.modules.here, region, node, forward)
        self.order += 1
        self.latest = call
        return call

    def note_export(self, method: str, t: torch.Tensor) -> None:
        """Note that a method of a tensor gave its memory to other code."""
        self.settle()
        self.note_write(self.life_of(t), Write(self.new_call(method), exported=True))

    def note_write(self, life: StorageLife | None, write: Write) -> None:
        """Note a write to a storage; nothing without a storage."""
        if life is None:
            return
        life.latest_write = write
        self.saver.note_write(life.index, write)
        if self.history:
            life.writes.append(write)
        life.saves = [save for save in life.saves if self.history or save.is_alive]
        if any(save.is_alive for save in life.saves):
            self._unsettled.append((life, write))

    def settle(self) -> None:
        """Look whether the latest writes moved version counters. Torch moves them only after the op has run."""
        unsettled, self._unsettled = self._unsettled, []
        for life, write in unsettled:
            for save in life.saves:
                packed = save.packed and save.packed()
                if packed is None:
                    continue
                save.writes.append(write)
                if save.version is not None and packed.tensor._version != packed.seen_version:
                    packed.seen_version = packed.tensor._version
                    save.counted.append(write)

    def forward_of(self, node: Any) -> OpCall | None:
        """Return the call that made a node of the graph, found by the node's number; None if it is not known."""
        number = node._sequence_nr()
        place = bisect.bisect_left(self._sequence, number)
        return self._by_sequence[place] if place < len(self._sequence) else None

    def note(self, func: Any, args: tuple, kwargs: dict) -> Any:
        """Run one dispatched op, and note what it did."""
        if self.resting:
            return func(*args, **kwargs)
        self.settle()
        schema = func._schema
        call = self.new_call(schema.name)
        if self._exact_bytes:
            call.numbers = number_operands(schema, args, kwargs)
        self._note_sequence(call)
        self.saver.attribute(call, args, kwargs)
        given = list(flat_tensors((*args, *kwargs.values())))
        if schema.name == "aten::lift_fresh":  # of torch.tensor(...): its argument is as new as its result
            self._note_results(given, (), call)
        for t in given:
            self.life_of(t)
        if self.on_call is not None:
            self.on_call(call, given)
        reads = [self.life_of(t) for t in read_tensors(schema, args, kwargs)]
        writes = [self.life_of(t) for t in written_tensors(schema, args, kwargs)]
        writes += [self.life_of(t) for t in unmarked_writes(schema, args, kwargs)]
        self.last, self.last_number = call, next_node_number()
        if self.history:
            self.calls.append(call)
            for life in reads:
                if life is not None:
                    life.reads.append(call)
        with nullcontext() if self.around is None else self.around(call):
            writes_lists = schema.name.startswith("aten::_foreach_")
            result = run_moving_versions(func, args, kwargs) if writes_lists else func(*args, **kwargs)
        for life in writes:
            self.note_write(life, Write(call))
        self._note_results(result, given, call)
        return result

    def _in_graph(self) -> tuple[str, OpCall | None, str]:
        if not runs_backward():
            return "", None, UPDATE if self._steps else FORWARD
        node = running_node()
        return ("", None, BACKWARD) if node is None else (node.name(), self.forward_of(node), BACKWARD)

    def _note_sequence(self, call: OpCall) -> None:
        """Note which nodes a call made: its own node just before it. Nodes before that are of the call before."""
        now, before = next_node_number(), self._sequence[-1] + 1 if self._sequence else 0
        if now <= before:
            return
        if not self.history and len(self._sequence) > _MOST_NODES:
            del self._sequence[: _MOST_NODES // 2], self._by_sequence[: _MOST_NODES // 2]
        if self.last is not None and now - 1 > before:
            self._sequence.append(now - 2)
            self._by_sequence.append(self.last)
        self._sequence.append(now - 1)
        self._by_sequence.append(call)

    def _end(self, key: int) -> None:
        life = self._living.pop(key, None)
        self._weak.pop(key, None)
        if life is not None:
            life.ended = self.order

    def _begin_update(self, *_: Any) -> None:
        self._steps += 1

    def _end_update(self, *_: Any) -> None:
        self._steps -= 1


class _ModeOf(RecordingMode):
    """The mode of one `recording()`. Each gets a new one, since a recorder may be entered again."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def note(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self._recorder.note(func, args, kwargs)
