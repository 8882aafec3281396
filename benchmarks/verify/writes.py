"""What a call really writes: every tensor that an op writes according to its schema."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.inputs import Inputs, tensors
from benchmarks.nested import flat
from benchmarks.record import INPLACE
from benchmarks.tracking.effects import flat_tensors, written_tensors
from benchmarks.tracking.recording_mode import RecordingMode
from benchmarks.verify.calls import Call, CallLog, storage
from benchmarks.workload import Workload


@dataclass(frozen=True)
class Watched:
    """What one call and its backward did: writes to tensors that are not its own, and all calls of torch in order.

    `calls` holds each op with a description of its arguments.
    """

    writes: list[str]
    calls: list[Call]


def watch_call(inputs: Inputs | Workload, variant: str) -> Watched:
    """Call a variant, and return its calls of torch and its wrong writes, such as "aten::add_ writes operand 1".

    A variant may write its own input (in place), what its pair's setup made for this call, the state that its scenario
    declares, and what it makes itself. A write to any other tensor (an operand, a buffer or a tensor that it holds)
    would change the next call. Three kinds of write are not seen: those outside torch's dispatcher (numpy), those that
    a schema does not declare (batch norm's running statistics), and those that only compiled code makes.
    """
    subject = inputs.subjects[variant]
    with torch.set_grad_enabled(inputs.case.records_graph), uncompiled(), Watch() as watch:
        if isinstance(inputs, Inputs):
            prepared = subject.restore()
            operands, role = inputs.operands, "operand"
            x, *made = prepared if isinstance(prepared, tuple) else (prepared,)
            own_inputs, state = tensors(x), tensors_of(made)
        else:
            built, state = inputs.built[variant], inputs.state(variant)
            watch.own((*state, *built.read, *inputs.kept_gradients(variant)))  # before `restore` writes them
            own_inputs = flat(prepared := subject.restore())
            state = inputs.state(variant)  # a step may replace a tensor of the state
            watch.disown(built.read)
            operands, role = built.parameters, "parameter"
        watch.own(state)
        if variant != INPLACE and not inputs.pair.baseline_inplace:
            watch.disown(own_inputs)
        watch.log.begin({"input": own_inputs, role: operands, "state": state})
        result = subject.call(prepared)
        if subject.backward is not None:
            subject.backward(result)
    names = {storage(t): f"{role} {i}" for i, t in reversed(list(enumerate(operands)))}
    names |= {storage(t): "its input" for t in own_inputs}
    writes = (f"{op} writes {names.get(storage(t)) or _described(t)}" for op, t in watch.written)
    return Watched(list(dict.fromkeys(writes)), watch.log.calls)


def compiler_is_loaded() -> bool:
    """Return whether some variant may be compiled: its first call loads the compiler."""
    return "torch._dynamo" in sys.modules


@contextmanager
def uncompiled() -> Iterator[None]:
    """Run compiled functions without compilation inside this block.

    Under a dispatch mode torch's compiler gives up on a function for good, and then the uncompiled code would be
    counted and timed. Nothing is done if no variant has loaded the compiler. A variant's first call loads it, before
    the variant is watched.
    """
    if not compiler_is_loaded():
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield


class Watch(RecordingMode):
    """Notes writes to tensors that existed before the call and were not declared with `own`."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[tuple[str, torch.Tensor]] = []
        self.log = CallLog()
        self._own: set[int] = set()
        self._alive: list[torch.Tensor] = []  # kept, so that no address is used for another storage

    def own(self, some: Iterable[torch.Tensor], op: str = "") -> None:
        """Count tensors as the call's own, which it may write: made by `op`, or passed to the call."""
        new = list(some)
        self._alive += new
        self._own |= {storage(t) for t in new}

    def disown(self, some: Iterable[torch.Tensor]) -> None:
        """Count tensors as not the call's own."""
        self._own -= {storage(t) for t in some}

    def note_write(self, op: str, t: torch.Tensor) -> None:
        """Note a write, just after it. A subclass may note more."""
        if storage(t) not in self._own:
            self.written.append((op, t))

    def note(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the op and return its result. Note the call, what it wrote, and what it made."""
        self.log.add(func._schema, args, kwargs)
        result = func(*args, **kwargs)
        self.log.add_result(result)
        for t in written_tensors(func._schema, args, kwargs):
            self.note_write(func._schema.name, t)
        arguments = {storage(t) for t in flat_tensors((*args, *kwargs.values()))}
        is_new = func._schema.name == "aten::lift_fresh"  # for torch.tensor(...): its argument is as new as its result
        self.own([t for t in flat_tensors((result,)) if is_new or storage(t) not in arguments], func._schema.name)
        return result


def tensors_of(state: Any) -> list[torch.Tensor]:
    """Return the tensors in what a setup made: in containers at any depth, and in modules."""
    if isinstance(state, torch.nn.Module):
        return [*state.parameters(), *state.buffers()]
    if isinstance(state, dict):
        state = list(state.values())
    if isinstance(state, list | tuple):
        return [t for each in state for t in tensors_of(each)]
    return list(tensors(state))


def _described(t: torch.Tensor) -> str:
    return f"a tensor it holds ({str(t.dtype).removeprefix('torch.')} {tuple(t.shape)})"
