"""The purpose of each storage: a parameter, a gradient, an optimizer's state, saved for backward."""

import functools
import weakref
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from benchmarks.attribution.breakdown import (
    BUFFERS,
    GRADIENTS,
    INPUT,
    OPTIMIZER_STATE,
    PARAMETERS,
    SAVED,
    TEMPORARIES,
)
from benchmarks.nested import flat
from benchmarks.tracking.lives import BACKWARD, UPDATE, OpCall, StorageLife
from benchmarks.tracking.recorder import Recorder


class Purposes:
    """Notes, while a step runs, which storages are parameters, gradients and states. It keeps no tensor alive."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._leaves: dict[int, weakref.ref[torch.Tensor]] = {}  # by index of the storage's life
        self._category: dict[int, str] = {}  # by the same index
        self._region = ""

    def note_input(self, x: Any) -> None:
        """Note the input of the step."""
        self._note(flat(x), INPUT)

    def note_root(self, module: torch.nn.Module) -> None:
        """Note the parameters and buffers of a model, when it is first called."""
        self._note_leaves(module.parameters())
        self._note(module.buffers(), BUFFERS)

    def note_optimizer(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        """Note parameters, gradients and states of an optimizer: a hook before and after each step of any optimizer."""
        self._note_leaves(t for group in optimizer.param_groups for t in group["params"])
        self.note_gradients()
        states = (value for state in optimizer.state.values() for value in state.values())
        self._note((value for value in states if isinstance(value, torch.Tensor)), OPTIMIZER_STATE)

    def note_call(self, call: OpCall, tensors: Sequence[torch.Tensor]) -> None:
        """Note the leaves among the tensors of a call, before it runs. After backward, also note their gradients."""
        self._note_leaves(t for t in tensors if t.requires_grad and t.is_leaf)
        if self._region == BACKWARD != call.region:
            self.note_gradients()
        self._region = call.region

    def note_gradients(self) -> None:
        """Note the gradients that the leaves have now."""
        leaves = [leaf for reference in self._leaves.values() if (leaf := reference()) is not None]
        self._note((leaf.grad for leaf in leaves if leaf.grad is not None), GRADIENTS)

    def category_of(self, life: StorageLife, ended: int | None, peak_order: int, first_call: int) -> str:
        """Return the category of a storage at the peak.

        `ended`: the order of the call at its end, None if it lives on. `peak_order`: that of the call at the peak.
        `first_call`: that of the first call of the step itself.
        """
        known = self._category.get(life.index)
        if known is not None:
            return known
        made = life.made_by
        if made is None or made.order < first_call:
            return INPUT
        if made.region == BACKWARD and self.outlives_backward(made.order, ended):
            return GRADIENTS
        if made.region == UPDATE and ended is None:
            return OPTIMIZER_STATE
        held = (save.order <= peak_order and (save.ended is None or save.ended > peak_order) for save in life.saves)
        return SAVED if any(held) else TEMPORARIES

    def outlives_backward(self, order: int | None, ended: int | None) -> bool:
        """Return whether a block made in backward, at or before the call `order`, lives on after that backward."""
        end = self._backward_ends.get(order, order) if order is not None else None
        return ended is None or (end is not None and ended > end)

    @functools.cached_property
    def _backward_ends(self) -> dict[int, int]:
        """For each call in backward, the order of the first call after that backward."""
        ends: dict[int, int] = {}
        end: int | None = None
        for call in reversed(self._recorder.calls):
            if call.region != BACKWARD:
                end = call.order
            elif end is not None:
                ends[call.order] = end
        return ends

    def _note_leaves(self, tensors: Iterable[torch.Tensor]) -> None:
        for t in tensors:
            life = self._recorder.life_of(t)
            if life is not None and life.index not in self._leaves:
                self._leaves[life.index] = weakref.ref(t)
                self._category.setdefault(life.index, PARAMETERS)

    def _note(self, tensors: Iterable[torch.Tensor], category: str) -> None:
        for t in tensors:
            life = self._recorder.life_of(t)
            if life is not None:
                self._category.setdefault(life.index, category)
