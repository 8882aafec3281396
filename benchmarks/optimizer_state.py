"""Optimizer state without a declaration: found in a variant, and restored before every call.

`torch.optim` makes an optimizer's state in its first step and changes it in every later one, so each call would begin
where the one before ended. Here a step with zero gradients makes the state beforehand, and all that it wrote is
restored: both variants begin with equal state, and no timed call is a first step, which is slower and allocates.
"""

import copy
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from types import FunctionType, MethodType
from typing import Any

import torch

#: How deep to look into nested containers and objects, and how many entries of each.
_DEPTH, _MOST = 5, 1_000
_PLAIN = (str, bytes, int, float, complex, torch.Tensor, torch.dtype, torch.device, type(None), type)


def find_optimizers(*roots: Any) -> list[torch.optim.Optimizer]:
    """The optimizers that functions close over and that objects and modules hold, each once; nothing is called."""
    found: dict[int, torch.optim.Optimizer] = {}
    seen: set[int] = set()
    for root in roots:
        for each in _within(root, _DEPTH, seen):
            found.setdefault(id(each), each)
    return list(found.values())


def _within(value: Any, depth: int, seen: set[int]) -> Iterator[torch.optim.Optimizer]:
    if isinstance(value, _PLAIN) or not depth or id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, torch.optim.Optimizer):
        yield value
        return
    if isinstance(value, torch.nn.Module):
        for each in value.modules():
            yield from _all_within(_attributes(each), _DEPTH, seen)
        return
    yield from _all_within(_held_by(value), depth - 1, seen)


def _attributes(module: torch.nn.Module) -> list[Any]:
    """The attributes of a module, without numbers and empty containers, of which most modules have a dozen."""
    return [held for held in vars(module).values() if type(held) not in (int, float, bool) and _is_some(held)]


def _is_some(value: Any) -> bool:
    return value is not None and not (isinstance(value, dict | set | list) and not value)


def _all_within(values: Iterable[Any], depth: int, seen: set[int]) -> Iterator[torch.optim.Optimizer]:
    for each in islice(values, _MOST):
        yield from _within(each, depth, seen)


def _held_by(value: Any) -> Iterable[Any]:
    if isinstance(value, list | tuple | set):
        return value
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, MethodType):
        return (value.__self__, value.__func__)
    if isinstance(value, partial):
        return (value.func, value.args, value.keywords)
    if isinstance(value, FunctionType):
        return (*_closed_over(value), *_global(value), value.__defaults__, value.__kwdefaults__, vars(value))
    return vars(value).values() if hasattr(value, "__dict__") else ()


def _closed_over(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # an empty cell
            continue


def _global(function: FunctionType) -> Iterator[Any]:
    """Optimizers that a function uses by a global name. Other globals do not belong to a variant."""
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, torch.optim.Optimizer):
            yield value


def is_undeclared(optimizer: torch.optim.Optimizer, declared: Iterable[torch.Tensor]) -> bool:
    """Whether an optimizer writes tensors that a variant does not declare as state, or has not made its first step."""
    known = {id(t) for t in declared}
    parameters = _parameters(optimizer)
    if any(p.requires_grad and not optimizer.state.get(p) for p in parameters):
        return True
    kept = [t for p in parameters for t in _tensors(optimizer.state.get(p, {}))]
    return any(id(t) not in known for t in (*parameters, *kept))


class OptimizerState:
    """An optimizer's parameters, their gradients, its state and its settings, as they were when this was made."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        self._saved = {p: (p.detach().clone(), _copied(p.grad)) for p in _parameters(optimizer)}
        self._state = self._states()
        self._settings = [
            {name: copy.deepcopy(value) for name, value in group.items() if name != "params"}
            for group in optimizer.param_groups
        ]
        if _make_state(optimizer) and all(bool(torch.isfinite(t).all()) for t in _tensors(self._states())):
            self._state = self._states()
        self.restore()

    def _states(self) -> dict[torch.Tensor, Any]:
        state = self._optimizer.state
        return {p: copy.deepcopy(state[p]) for p in self._saved if p in state}

    @property
    def tensors(self) -> tuple[torch.Tensor, ...]:
        """What a step writes, with its present values: the parameters, then the state of each."""
        kept = (t for p in self._saved for t in _tensors(self._optimizer.state.get(p, {})))
        return (*self._saved, *kept)

    @property
    def gradients(self) -> tuple[torch.Tensor, ...]:
        """The gradients that the last call left on the parameters; the next call may replace them or add to them."""
        return tuple(p.grad for p in self._saved if p.grad is not None)

    def restore(self) -> None:
        """Copy everything back into the tensors that hold it now.

        A tensor that a variant swapped in stays in place, and nothing is freed that a call would have to allocate
        again.
        """
        optimizer = self._optimizer
        with torch.no_grad():
            for p, (value, gradient) in self._saved.items():
                p.copy_(value)
                p.grad = _zeroed(p.grad) if gradient is None else _put_back(p.grad, gradient)
                if p in self._state:
                    optimizer.state[p] = _put_back(optimizer.state.get(p), self._state[p])
                elif p in optimizer.state:
                    del optimizer.state[p]
            for group, settings in zip(optimizer.param_groups, self._settings, strict=False):
                for name, value in settings.items():
                    group[name] = _put_back(group.get(name), value)


def _parameters(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _zeroed(gradient: torch.Tensor | None) -> torch.Tensor | None:
    """Zero a gradient that a call left where there was none: as in a user's loop it stays, and adds nothing."""
    if gradient is None:
        return None
    try:
        return gradient.zero_()
    except RuntimeError:  # an expanded tensor, whose elements cannot be written one by one
        return None


def _make_state(optimizer: torch.optim.Optimizer) -> bool:
    """Make one step with zero gradients; False if there was one already, or if `step()` fails (needs a closure).

    Then the state stays as it is.
    """
    parameters = [p for p in _parameters(optimizer) if p.requires_grad]
    if all(optimizer.state.get(p) for p in parameters):
        return False
    for p in parameters:
        p.grad = torch.zeros_like(p, requires_grad=False)
    try:
        optimizer.step()
    except Exception:  # a user's optimizer may need gradients, and raise anything: the call makes its first step
        return False
    return True


def _copied(gradient: torch.Tensor | None) -> torch.Tensor | None:
    return None if gradient is None else gradient.detach().clone()


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _tensors(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)


def _put_back(now: Any, saved: Any) -> Any:
    """Copy `saved` into the tensors and dicts of `now` where they fit; new ones elsewhere."""
    if isinstance(saved, torch.Tensor):
        fits = isinstance(now, torch.Tensor) and _kind_of(now) == _kind_of(saved)
        return now.copy_(saved) if fits else saved.clone()
    if isinstance(saved, dict):
        now = now if isinstance(now, dict) else {}
        for name in [name for name in now if name not in saved]:
            del now[name]
        now.update({name: _put_back(now.get(name), value) for name, value in saved.items()})
        return now
    if isinstance(saved, list | tuple):
        same = isinstance(now, list | tuple) and len(now) == len(saved)
        before = now if same else [None] * len(saved)
        return type(saved)(_put_back(old, value) for old, value in zip(before, saved, strict=True))
    return saved


def _kind_of(t: torch.Tensor) -> tuple[Any, ...]:
    return t.shape, t.dtype, t.device
