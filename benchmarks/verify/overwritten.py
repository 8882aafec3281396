"""The line that overwrote a tensor which backward needs. Torch's own error names the tensor's version, but no line."""

import linecache
import re
import sys
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.tracking.site import TORCH, frame_outside
from benchmarks.verify.calls import storage
from benchmarks.verify.writes import Watch, uncompiled

_SAYS = "modified by an inplace operation"
_WHAT_AND_VERSION = re.compile(r"is output \d+ of (\w+),.*expected version (\d+)")
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')
_DETECTED = re.compile(r"Error detected in (\w+)")

#: Files without user code: torch, and the parts of this suite that call a user's variants.
_SUITE = Path(__file__).resolve().parents[1]
_NOT_THEIRS = (
    TORCH,
    *(str(_SUITE / name) for name in ("verify", "tracking", "inputs.py", "nested.py", "workload.py")),
)


def is_overwritten(error: BaseException) -> bool:
    """Return whether this is torch's refusal of a backward because a saved tensor was overwritten."""
    return isinstance(error, RuntimeError) and _SAYS in str(error)


def why_overwritten(again: Callable[[], object]) -> str:
    """Return which lines saved and wrote the tensor, found by a repetition of the call and its backward (`again`).

    For example 'saved by ExpBackward0 at model.py:4 (z = y.exp()); written by add_ at model.py:5 (y = z.add_(1))'.
    Empty if `again` does not fail, or if no line is found.
    """
    log = _Writes()
    with warnings.catch_warnings(record=True) as caught, uncompiled():
        warnings.simplefilter("always")
        try:
            with torch.autograd.set_detect_anomaly(True, check_nan=False), log:
                again()
        except RuntimeError as error:
            said = str(error)
        else:
            return ""
    traces = [str(each.message) for each in caught]
    saved = next((_saved(text) for text in traces if _DETECTED.search(text)), "")
    return "; ".join(filter(None, (saved, log.writer(said))))


@dataclass(frozen=True)
class _Write:
    """A write: its op, its line, the storage that was written, and the tensor's version after it."""

    op: str
    place: str
    storage: int
    version: int


class _Writes(Watch):
    """Notes each write, and for each storage the op that made it."""

    def __init__(self) -> None:
        super().__init__()
        self._log: list[_Write] = []
        self._made: dict[int, str] = {}

    def note_write(self, op: str, t: torch.Tensor) -> None:
        self._log.append(_Write(op.removeprefix("aten::"), _place_of_caller(), storage(t), t._version))

    def own(self, some: Iterable[torch.Tensor], op: str = "") -> None:
        made = list(some)
        super().own(made)
        for t in made:
            self._made.setdefault(storage(t), op.removeprefix("aten::").replace("_", ""))

    def writer(self, said: str) -> str:
        """Return the write that torch's error means, in words: the first after that op's result was saved.

        `said`: the text of the error. Empty if the write is not found.
        """
        found = _WHAT_AND_VERSION.search(said)
        if found is None:
            return ""
        name = re.sub(r"Backward\d*$", "", found[1]).lower()
        mine = [write for write in self._log if self._made.get(write.storage) == name]
        for write in mine:
            if write.version >= int(found[2]):
                return f"written by {write.op}{write.place}"
        return ""


def _saved(trace: str) -> str:
    detected = _DETECTED.search(trace)
    frames = [(file, int(line)) for file, line in _FRAME.findall(trace) if not file.startswith(_NOT_THEIRS)]
    return f"saved by {detected[1] if detected else 'backward'}{_place(*frames[-1]) if frames else ''}"


def _place_of_caller() -> str:
    frame = frame_outside(sys._getframe(1), lambda file: file.startswith(_NOT_THEIRS))
    return _place(frame.f_code.co_filename, frame.f_lineno) if frame is not None else ""


def _place(file: str, line: int) -> str:
    text = linecache.getline(file, line).strip()
    return f" at {Path(file).name}:{line}" + (f" ({text})" if text else "")
