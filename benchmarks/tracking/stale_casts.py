"""Stale casts: autocast keeps its cast of a weight until its region ends, and uses it after the weight was written."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.tracking.effects import flat_tensors
from benchmarks.tracking.graph_state import running_node
from benchmarks.tracking.recording_mode import RecordingMode
from benchmarks.tracking.site import Site, site_here
from benchmarks.tracking.storage import storage_address


@dataclass
class _KeptCast:
    weight: "weakref.ref[torch.Tensor]"
    version: int  #: of the weight when it was cast
    storage: "weakref.ref[Any]"  #: of the cast


class StaleCastCheck(RecordingMode):
    """While entered, calls `found` with each weight that was written after its cast, if an op still reads that cast.

    `is_asked_for`: returns whether the user's expression at a place makes the cast itself. Autocast does not keep that.
    """

    def __init__(self, found: Callable[[torch.Tensor], object], is_asked_for: Callable[[Site], bool]) -> None:
        super().__init__()
        self._found, self._is_asked_for = found, is_asked_for
        self._casts: dict[int, _KeptCast] = {}  #: by the storage of the cast

    def note(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the op and return its result. Look at what it reads, and remember a cast that it makes."""
        if self._casts and not func.is_view and running_node() is None:
            for tensor in flat_tensors((*args, *kwargs.values())):
                self._look_at(tensor)
        result = func(*args, **kwargs)
        if func is torch.ops.aten._to_copy.default and casts_are_kept() and is_weight(args[0]):
            self._keep(args[0], result)
        return result

    def _keep(self, weight: torch.Tensor, cast: torch.Tensor) -> None:
        key, site = storage_address(cast), site_here()
        if key is None or cast.dtype == weight.dtype or (site is not None and self._is_asked_for(site)):
            return
        storage = torch._C.TensorBase.untyped_storage(cast)
        ended = weakref.ref(storage, lambda _: self._casts.pop(key, None))
        self._casts[key] = _KeptCast(weakref.ref(weight), weight._version, ended)

    def _look_at(self, tensor: torch.Tensor) -> None:
        key = storage_address(tensor)
        kept = self._casts.get(key) if key is not None else None
        weight = kept.weight() if kept is not None else None
        if kept is None or weight is None or weight._version == kept.version or tensor.dtype == weight.dtype:
            return
        kept.version = weight._version  # said once per write
        now = weight.detach().to(tensor.dtype)
        if sorted(now.shape) != sorted(tensor.shape) or not _holds(tensor, now):
            self._found(weight)


def casts_are_kept() -> bool:
    """Return whether a region of autocast is open and keeps its casts. An op inside cannot see whether it is on."""
    depth = torch.autocast_increment_nesting() - 1
    torch.autocast_decrement_nesting()
    return depth > 0 and torch.is_autocast_cache_enabled()


def is_weight(value: Any) -> bool:
    """Return whether autocast keeps casts of it: it is a leaf tensor that requires grad."""
    return isinstance(value, torch.Tensor) and value.requires_grad and value.is_leaf


def _holds(view: torch.Tensor, now: torch.Tensor) -> bool:
    """Return whether a kept cast, or its transpose, has the values that the weight has now."""
    same = view if view.shape == now.shape else view.t() if view.dim() == 2 else view
    return same.shape == now.shape and torch.equal(same.detach(), now)
