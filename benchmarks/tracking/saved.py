"""What autograd saves: noted when a graph takes it, checked as torch does when backward asks for it."""

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
from benchmarks.tracking.lives import Handed, Notes, OpCall, Packed, Save, Write
from benchmarks.tracking.site import site_here

#: Without history, each so many saves of a storage those are forgotten that no graph holds.
_PRUNED = 64

#: As torch has it (`SavedVariable::unpack`); torch itself does not check what hooks have packed.
_REFUSED = (
    "one of the variables needed for gradient computation has been modified by an inplace operation: "
    "[{kind} {shape}]{made_by} is at version {now}; expected version {then} instead. "
    "Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
    "torch.autograd.set_detect_anomaly(True{more})."
)
#: What newer versions say otherwise: `ExpBackward0` is `Exp`.
_IS_NEWER = tuple(int(part) for part in torch.__version__.split(".")[:2]) >= (2, 13)


class Saver:
    """The hooks of one recorder."""

    def __init__(self, recorder: Notes, contents: bool, on_unpack: "Callable[[Unpacking], None] | None") -> None:
        self.pending: list[tuple[int, Save]] = []  # saved before their op was dispatched, perhaps
        self.recorder, self._contents, self._on_unpack = recorder, contents, on_unpack
        self._handed: list[Handed] = []  # to save_for_backward, not saved yet
        self._asked: Packed | None = None  # whose name is looked for
        self._is_it = False

    @contextmanager
    def hooked(self) -> Iterator[None]:
        """See all that is saved meanwhile."""
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
        """Where no node was made since the last op was dispatched, it is that op's result; else see `attribute`."""
        number, last = next_node_number(), self.recorder.last
        if last is None or number != self.recorder.last_number:
            self.pending.append((number, save))
        else:
            save.call, save.op = last, last.op

    def attribute(self, call: OpCall | None, args: tuple = (), kwargs: dict | None = None) -> None:
        """Say of what was saved since the last call whether it belongs to that one, or to `call`, which begins now.

        An op's autograd node is made first, then inputs are saved, then the op is dispatched, then its result is saved.
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
        if not isinstance(packed, Packed):
            return packed
        if self._asked is not None:
            self._is_it = self._is_it or packed is self._asked
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
        """Note a write to a storage between save_for_backward and the end of that forward."""
        for handed in self._handed:
            if handed.index == index:
                handed.writes.append(write)

    def is_it(self, packed: Packed, node: Any, name: str) -> bool:
        """Whether an attribute of a node unpacks this."""
        self._asked, self._is_it = packed, False
        try:
            getattr(node, name)
        except RuntimeError:  # a variable that was freed already
            return False
        finally:
            self._asked = None
        return self._is_it

    def _hand(self, context: Any, tensors: tuple) -> None:
        """Note what a custom function's forward hands over to be saved: it is saved once forward has ended."""
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
                    Handed(weakref.ref(context), name, site_here(), life.index, tuple(t.shape), content)
                )

    def _handed_as(self, index: int, t: torch.Tensor) -> Handed | None:
        for place, handed in enumerate(self._handed):
            if handed.context() is not None and (handed.index, handed.shape) == (index, tuple(t.shape)):
                return self._handed.pop(place)
        return None


@dataclass(frozen=True)
class Unpacking:
    """Backward takes a saved tensor: what can be asked meanwhile."""

    saver: Saver
    packed: Packed
    call: OpCall
    refused: bool  #: whether torch's error follows

    @property
    def save(self) -> Save:
        return self.packed.save

    def node(self) -> Any:
        """The autograd node that saved it, where that is the one that runs now; None where another asks for it."""
        node = running_node()
        if node is None or self.save.call is None or self.saver.recorder.forward_of(node) is not self.save.call:
            return None
        return node

    def is_unchanged(self) -> bool:
        """Whether the elements are those that were saved; so it is said too where they were not looked at."""
        recorder = self.saver.recorder
        recorder.resting = True
        try:
            return self.save.content is None or checksum(self.packed.tensor) == self.save.content
        finally:
            recorder.resting = False

    def name(self) -> str:
        """What its node calls it: `self`, `result`, `other`; "" where that is not known."""
        node = self.node()
        names = [name for name in dir(node) if name.startswith("_saved_")] if node is not None else []
        return next((name.removeprefix("_saved_") for name in names if self.saver.is_it(self.packed, node, name)), "")


def _node_name(t: torch.Tensor) -> str:
    """Of what made a tensor, as torch's error has it. Not asked of a view: it would make the node anew."""
    if t.is_leaf or t._is_view() or t.grad_fn is None:
        return ""
    name = t.grad_fn.name()
    return f", which is output {t.output_nr} of {re.sub(r'Backward[0-9]+$', '', name) if _IS_NEWER else name},"


def _refusal(packed: Packed) -> str:
    t, save = packed.tensor, packed.save
    kind = t.type().removeprefix("torch.").replace("cuda.", "torch.cuda.", 1)
    kind = kind if kind.startswith("torch.") else f"torch.{kind}"
    more = ", check_nan=False" if _IS_NEWER else ""
    return _REFUSED.format(
        kind=kind, shape=list(t.shape), made_by=save.made_by, now=t._version, then=save.version, more=more
    )
