"""Tensors of the CPU or the meta device as a simulated GPU's caching allocator sees them: allocated, kept, freed."""

import weakref
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.workload import flat
from tests.measure.simulated_allocator import SimulatedAllocator, SimulatedTensor


class OnTheCard(TorchDispatchMode):
    """A result that is neither an argument nor a view of one takes a block until its storage is freed.

    Workspaces of kernels and tensors made outside are not seen.
    """

    def __init__(self, allocator: SimulatedAllocator) -> None:
        super().__init__()
        self._allocator = allocator
        self._live: dict[int, SimulatedTensor] = {}  #: by storage

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        given = {t.untyped_storage()._cdata for t in flat((args, *(kwargs or {}).values()))}
        for t in flat(result):
            storage = t.untyped_storage()
            if storage._cdata not in given and storage._cdata not in self._live and storage.nbytes():
                self._live[storage._cdata] = self._allocator.tensor(storage.nbytes())
                weakref.finalize(storage, self._live.pop, storage._cdata)
        return result
