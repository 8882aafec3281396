"""What autograd saves: it is noted when a graph takes it, and checked as torch does when backward takes it."""

import re
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.autograd.function import FunctionCtx
from torch.autograd.graph import saved_tensors_hooks

from benchmarks.tracking.contents import checksum
from benchmarks.tracking.effects import flat_tensors
from benchmarks.tracking.functorch import hooks_off_where_refused
from benchmarks.tracking.graph_state import next_node_number, running_node
from benchmarks.tracking.lives import FunctionSave, Notes, OpCall, Packed, Save, Write
from benchmarks.tracking.site import site_here

#: Without history: after so many saves of a storage, those that no graph holds any more are forgotten.
_PRUNED = 64

#: Torch's own error (`SavedVariable::unpack`). Torch itself does not check what hooks have packed.
_REFUSED = (
    "one of the variables needed for gradient computation has been modified by an inplace operation: "
    "[{kind} {shape}]{made_by} is at version {now}; expected version {then} instead. "
    "Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
    "torch.autograd.set_detect_anomaly(True{more})."
)
#: Newer versions write the error differently: `ExpBackward0` is `Exp`.
_IS_NEWER = tuple(int(part) for part in torch.__version__.split(".")[:2]) >= (2, 13)


class Saver:
    """The hooks on saved tensors of one recorder."""

    def __init__(self, recorder: Notes, contents: bool, on_unpack: "Callable[[Unpacking], None] | None") -> None:
        self.pending: list[tuple[int, Save]] = []  # saves that may belong to an op which is not dispatched yet
        self.recorder, self._contents, self._on_unpack = recorder, contents, on_unpack
        self._handed: list[FunctionSave] = []  # given to save_for_backward, but not saved yet
        self._asked: Packed | None = None  # the saved tensor whose name is looked for
        self._is_asked_for = False

    @contextmanager
    def hooked(self) -> Iterator[None]:
        """Note all that is saved inside this block."""
        original, of_all = FunctionCtx.save_for_backward, FunctionCtx

        def save_for_backward(context: Any, *tensors: Any) -> None:
            self._hand(context, tensors)
            original(context, *tensors)

        of_all.save_for_backward = save_for_backward  # pyright: ignore[reportAttributeAccessIssue]  # as a method is called
        try:
            with saved_tensors_hooks(self.pack, self.unpack), hooks_off_where_refused(self.pack, self.unpack):
                yield
        finally:
            of_all.save_for_backward = original

    def pack(self, t: torch.Tensor) -> Any:
        """Note that a graph saves a tensor, and return what the graph holds instead."""
        recorder = self.recorder
        if recorder.resting:
            return t
        recorder.settle()
        life = recorder.life_of(t)
        if life is None:
            return t
        recorder.resting = True
        try:
            alias = t.detach()  # shares memory and version counter, but not the graph, which would hold itself
            content = checksum(alias) if self._contents else None
        finally:
            recorder.resting = False
        handed = self._handed_as(life.index, t)
        save = Save(
            op=handed.function if handed else "",
            call=None,
            site=handed.site if handed else site_here(),
            module=recorder.modules.here,
            order=recorder.order,
            life=life,
            shape=tuple(t.shape),
            dtype=t.dtype,
            version=None if t.is_inference() else t._version,
            is_result=handed is None,
            made_by=_node_name(t),
            content=content,
            handed=handed,
        )
        if handed is None:
            self._attribute_result(save)
        packed = Packed(alias, save)
        save.packed = weakref.ref(packed, lambda _: self._end(save))
        if not recorder.history and len(life.saves) % _PRUNED == 0:
            life.saves = [each for each in life.saves if each.is_alive]
        life.saves.append(save)
        return packed

    def _end(self, save: Save) -> None:
        save.ended = self.recorder.order

    def _attribute_result(self, save: Save) -> None:
        """Note which op saved a tensor: the last one, if no node was made since. Otherwise this is decided later."""
        number, last = next_node_number(), self.recorder.last
        if last is None or number != self.recorder.last_number:
            self.pending.append((number, save))
        else:
            save.call, save.op = last, last.op

    def attribute(self, call: OpCall | None, args: tuple = (), kwargs: dict | None = None) -> None:
        """Decide for each waiting save whether it belongs to the last call, or to `call`, which begins now.

        An op's autograd node is made first. Then inputs are saved, the op is dispatched, and its result is saved.
        """
        pending, self.pending = self.pending, []
        if not pending:
            return
        now = next_node_number()
        records = torch.is_grad_enabled() and any(
            t.requires_grad for t in flat_tensors((*args, *(kwargs or {}).values()))
        )
        for number, save in pending:
            belongs_here = call is not None and number == now and records
            belongs_here = belongs_here and call is not None and (save.site, save.module) == (call.site, call.module)
            save.call = call if belongs_here else self.recorder.last
            save.is_result = not belongs_here
            save.op = save.call.op if save.call is not None else ""

    def unpack(self, packed: Any) -> torch.Tensor:
        """Return a saved tensor to backward. RuntimeError, with torch's message, if it was written since."""
        if not isinstance(packed, Packed):
            return packed
        if self._asked is not None:
            self._is_asked_for = self._is_asked_for or packed is self._asked
            return packed.tensor
        recorder = self.recorder
        recorder.settle()
        self.attribute(None)
        save = packed.save
        call = recorder.new_call("unpack")
        save.unpacked.append(call)
        refused = save.version is not None and packed.tensor._version != save.version
        if self._on_unpack is not None:
            self._on_unpack(Unpacking(self, packed, call, refused))
        if refused:
            raise RuntimeError(_refusal(packed))
        return packed.tensor

    def note_write(self, index: int, write: Write) -> None:
        """Note a write to a storage after save_for_backward, before the forward that called it has ended."""
        for handed in self._handed:
            if handed.index == index:
                handed.writes.append(write)

    def is_attribute(self, packed: Packed, node: Any, name: str) -> bool:
        """Return whether the attribute `name` of a node is this saved tensor: reading the attribute unpacks it."""
        self._asked, self._is_asked_for = packed, False
        try:
            getattr(node, name)
        except RuntimeError:  # a variable that was freed already
            return False
        finally:
            self._asked = None
        return self._is_asked_for

    def _hand(self, context: Any, tensors: tuple) -> None:
        """Note tensors that a custom function's forward gives to save_for_backward. They are saved after forward."""
        if self.recorder.resting:
            return
        self._handed = [handed for handed in self._handed if handed.context() is not None]
        for t in flat_tensors(tensors):
            life = self.recorder.life_of(t)
            if life is not None:
                content = None
                if self._contents:
                    self.recorder.resting = True
                    content = checksum(t)
                    self.recorder.resting = False
                name = type(context).__name__.removesuffix("Backward")
                self._handed.append(
                    FunctionSave(weakref.ref(context), name, site_here(), life.index, tuple(t.shape), content)
                )

    def _handed_as(self, index: int, t: torch.Tensor) -> FunctionSave | None:
        for place, handed in enumerate(self._handed):
            if handed.context() is not None and (handed.index, handed.shape) == (index, tuple(t.shape)):
                return self._handed.pop(place)
        return None


@dataclass(frozen=True)
class Unpacking:
    """What can be asked at the moment when backward takes a saved tensor."""

    saver: Saver
    packed: Packed
    call: OpCall
    refused: bool  #: whether torch's error follows

    @property
    def save(self) -> Save:
        return self.packed.save

    def node(self) -> Any:
        """Return the autograd node that saved it; None if that is not the node that runs now."""
        node = running_node()
        if node is None or self.save.call is None or self.saver.recorder.forward_of(node) is not self.save.call:
            return None
        return node

    def is_unchanged(self) -> bool:
        """Return whether the elements are those that were saved. Also True if no checksum was taken."""
        recorder = self.saver.recorder
        recorder.resting = True
        try:
            return self.save.content is None or checksum(self.packed.tensor) == self.save.content
        finally:
            recorder.resting = False

    def name(self) -> str:
        """Return its name in its node, such as `self`, `result`, `other`; "" if that is not known."""
        node = self.node()
        names = [name for name in dir(node) if name.startswith("_saved_")] if node is not None else []
        return next(
            (name.removeprefix("_saved_") for name in names if self.saver.is_attribute(self.packed, node, name)), ""
        )


def _node_name(t: torch.Tensor) -> str:
    """Return the part of torch's error that says which node made a tensor; "" for a leaf or a view.

    A view is not asked: to ask would make its node anew.
    """
    if t.is_leaf or t._is_view() or t.grad_fn is None:
        return ""
    name = t.grad_fn.name()
    return f", which is output {t.output_nr} of {re.sub(r'Backward[0-9]+$', '', name) if _IS_NEWER else name},"


def _refusal(packed: Packed) -> str:
    """Return torch's error message for a saved tensor that was written."""
    t, save = packed.tensor, packed.save
    kind = t.type().removeprefix("torch.").replace("cuda.", "torch.cuda.", 1)
    kind = kind if kind.startswith("torch.") else f"torch.{kind}"
    more = ", check_nan=False" if _IS_NEWER else ""
    return _REFUSED.format(
        kind=kind, shape=list(t.shape), made_by=save.made_by, now=t._version, then=save.version, more=more
    )
