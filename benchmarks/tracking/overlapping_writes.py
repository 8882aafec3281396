"""In-place calls that read what they have written, or write an element twice: on copies they give other values."""

import functools
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._pytree import tree_map_only

from benchmarks.tracking.effects import flat_tensors, written_tensors
from benchmarks.tracking.recording_mode import RecordingMode
from benchmarks.tracking.storage import storage_address

#: A difference above this share of the largest value is more than rounding. Other kernels may compute the copies.
_ROUNDING = 1e-3
READS = "it reads elements that it has already written: on copies of its arguments it gives other values"
SAME_GRADIENT = (
    "torch.autograd.grad returned one tensor for several inputs, and each place of it in the list is written"
)
WRITES_TWICE = "it writes some elements more than once, as they share memory: on a copy it gives other values"


class OverlapCheck(RecordingMode):
    """While it checks, it repeats each call whose arguments overlap what it writes, on copies, and compares the values.

    If they differ, `found` is called with one of the sentences above. Enter it before other modes: then these do not
    see the copies.
    """

    def __init__(self, found: Callable[[str], object]) -> None:
        super().__init__()
        self._found, self._shared = found, weakref.WeakSet[Any]()

    @contextmanager
    def checking(self) -> Iterator[None]:
        """Check each call inside this block."""
        autograd: Any = torch.autograd  # that name is torch's own
        original = autograd.grad

        @functools.wraps(original)
        def grad(*args: Any, **kwargs: Any) -> Any:
            gradients = original(*args, **kwargs)
            self._shared.update(_storages_met_twice(gradients))
            return gradients

        autograd.grad = grad
        try:
            with self:
                yield
        finally:
            autograd.grad = original

    def note(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the op and return its result. If it overlaps what it writes, run it on copies too and compare."""
        if is_in_turn(func):
            if any(each in self._shared for each in storages_written_twice(func, args, kwargs)):
                self._found(SAME_GRADIENT)
            return func(*args, **kwargs)
        why = overlap_of(func, args, kwargs)
        if why is None:
            return func(*args, **kwargs)
        copied_args, copied_kwargs = tree_map_only(torch.Tensor, _copy, (args, kwargs))
        result = func(*args, **kwargs)
        func(*copied_args, **copied_kwargs)
        written = written_tensors(func._schema, args, kwargs)
        copies = written_tensors(func._schema, copied_args, copied_kwargs)
        if any(map(_differ, written, copies)):
            self._found(why)
        return result


def is_in_turn(func: Any) -> bool:
    """Return whether an op goes through lists, one element after the other. A tensor may be there twice on purpose."""
    return func._schema.name.startswith("aten::_foreach_")


def storages_written_twice(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """Return the storages that hold more than one of the tensors that an op writes."""
    return _storages_met_twice(written_tensors(func._schema, args, kwargs))


def _storages_met_twice(tensors: Any) -> list[Any]:
    every = [t for t in tensors if isinstance(t, torch.Tensor) and storage_address(t) is not None]
    times = Counter(map(storage_address, every))
    found = {storage_address(t): t for t in every if times[storage_address(t)] > 1}
    return [torch._C.TensorBase.untyped_storage(t) for t in found.values()]


def overlap_of(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """Return why a call may differ from the same call on copies, as a sentence; None if its arguments exclude that."""
    if torch.Tag.nondeterministic_seeded in func.tags or not func._schema.is_mutable:
        return None
    written = [t for t in written_tensors(func._schema, args, kwargs) if _is_plain(t)]
    if any(_may_overlap_itself(t) for t in written):
        return WRITES_TWICE
    every = [t for t in flat_tensors((*args, *kwargs.values())) if _is_plain(t)]
    if len(every) < 2:
        return None
    elementwise = torch.Tag.pointwise in func.tags
    return READS if any(_overlaps(t, every, elementwise) for t in written) else None


def _overlaps(written: torch.Tensor, every: Sequence[torch.Tensor], elementwise: bool) -> bool:
    """Return whether another argument shares bytes with `written`.

    For an elementwise op, an argument with the same offset, shape, strides and dtype does no harm and is left out.
    """
    others = list(every)
    others.pop(next(place for place, t in enumerate(others) if t is written))
    own = _first_and_last(written)
    return any(
        storage_address(t) == storage_address(written)
        and _meet(own, _first_and_last(t))
        and not (elementwise and _geometry(t) == _geometry(written))
        for t in others
    )


def _may_overlap_itself(t: torch.Tensor) -> bool:
    """Return whether two elements of a tensor may share memory: a stride is within the reach of all smaller ones."""
    reach = 0
    for stride, size in sorted(zip(t.stride(), t.shape, strict=True)):
        if size > 1:
            if stride <= reach:
                return True
            reach += stride * (size - 1)
    return False


def _first_and_last(t: torch.Tensor) -> tuple[int, int]:
    """Return where a tensor's elements begin in its storage, and where they end, in bytes."""
    first, size = int(t.storage_offset()), t.element_size()
    last = sum(stride * (length - 1) for stride, length in zip(t.stride(), t.shape, strict=True))
    return first * size, (first + last + 1) * size


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _geometry(t: torch.Tensor) -> tuple[Any, ...]:
    return t.storage_offset(), t.shape, t.stride(), t.dtype


def _is_plain(t: torch.Tensor) -> bool:
    return t.layout == torch.strided and t.numel() > 0 and not t.is_meta and storage_address(t) is not None


def _copy(t: torch.Tensor) -> torch.Tensor:
    return t.detach().clone()


def _differ(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Return whether two tensors of one shape differ by more than rounding."""
    if not one.is_floating_point():
        return not torch.equal(one.detach(), other)
    numbers, others = one.detach().double(), other.double()
    largest = max((float(t[t.isfinite()].abs().amax()) for t in (numbers, others) if t.isfinite().any()), default=0.0)
    return not torch.allclose(numbers, others, rtol=_ROUNDING, atol=_ROUNDING * largest, equal_nan=True)
