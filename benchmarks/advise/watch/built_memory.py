"""Remember which call of the user made the memory that is there before the step: weights, inputs, buffers."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch.multiprocessing.reductions import StorageWeakRef

from benchmarks.advise.source.frames import users_frame
from benchmarks.advise.user.question import Reader
from benchmarks.advise.watch.storages import storage_of, tensors_in
from benchmarks.tracking.recording_mode import RecordingMode

#: By key of a storage: the storage, which is not kept alive, and the call. Forks of this process inherit it.
_makers: dict[int, tuple[StorageWeakRef, Reader]] = {}


@contextmanager
def note_built_memory() -> Iterator[None]:
    """Within this block, note per storage which call made it."""
    with _BuiltMemory():
        yield


def built_by(key: int) -> Reader | None:
    """Return the call that made a storage while it was noted; None if none was."""
    storage, maker = _makers.get(key, (None, None))
    return maker if storage is not None and not storage.expired() else None


class _BuiltMemory(RecordingMode):
    def note(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the op; note the storages of its result that none of its arguments has."""
        given = {storage._cdata for storage in map(storage_of, tensors_in((args, kwargs))) if storage is not None}
        result = func(*args, **kwargs)
        found = [storage for storage in map(storage_of, tensors_in(result)) if storage is not None]
        made = [storage for storage in found if storage._cdata not in given]
        if made:
            frame, _ = users_frame(sys._getframe(2))  # the caller of `__torch_dispatch__`
            file, line = (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)
            for storage in made:
                maker = Reader(func.__name__.split(".")[0], file, line)
                _makers[storage._cdata] = StorageWeakRef(storage), maker
        return result
