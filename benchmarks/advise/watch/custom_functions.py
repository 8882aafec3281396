"""Find the custom autograd function that runs: its arguments must not be written without `mark_dirty`."""

from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

from torch.autograd import Function

from benchmarks.advise.source.frames import users_frame
from benchmarks.advise.user.question import Reader
from benchmarks.tracking.site import TORCH

_FUNCTION = TORCH + "autograd/function.py"
#: The methods of a custom function that torch calls with tensors.
_METHODS = ("forward", "setup_context", "backward", "vjp", "jvp", "vmap")


def custom_frame(frame: FrameType | None) -> FrameType | None:
    """Return the frame of the innermost custom function at or around a frame; None if there is none.

    From torch 2.15 on the C library calls `forward` itself, so no frame of torch's own around it tells what it is.
    """
    codes: set[CodeType] | None = None
    while frame is not None:
        if frame.f_back is not None and frame.f_back.f_code.co_filename == _FUNCTION:
            return frame
        if not frame.f_code.co_filename.startswith(TORCH):
            codes = set(_codes(Function)) if codes is None else codes
            if frame.f_code in codes:
                return frame
        frame = frame.f_back
    return None


def caller_of_custom(frame: FrameType) -> Reader | None:
    """Return the user's call that led to the `forward` of a custom function, as that frame begins; else None."""
    if frame.f_code.co_name != "forward" or custom_frame(frame) is not frame:
        return None
    caller, _ = users_frame(frame.f_back)
    name = getattr(frame.f_code, "co_qualname", "forward").split(".")[-2:][0]  # before Python 3.11 it is not known
    return Reader(name, caller.f_code.co_filename, caller.f_lineno) if caller is not None else None


def _codes(function: type) -> Iterator[CodeType]:
    """Yield the code of each method that the subclasses of a custom function define, and that of what it wraps."""
    for each in function.__subclasses__():
        yield from _codes(each)
        for name in _METHODS:
            method: Any = vars(each).get(name)
            while method is not None:
                if hasattr(method, "__code__"):
                    yield method.__code__
                method = getattr(method, "__func__", None) or getattr(method, "__wrapped__", None)
