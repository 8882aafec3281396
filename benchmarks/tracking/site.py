"""Where torch is called in source text: file, line, function, and columns if Python gives them."""

import contextlib
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, TracebackType

import torch

#: The path of torch's folder, with which the file names of its code begin.
TORCH = str(Path(torch.__file__).parent) + os.sep
#: Files that call torch for other code: torch itself, this package, and modules that wrap functions of others.
_INTERNAL = (
    TORCH,
    str(Path(__file__).parent) + "/",
    *(str(module.__file__) for module in (contextlib, functools, threading)),
    "<frozen",
)


@dataclass(frozen=True)
class Site:
    """An expression that called torch. Lines count from 1, columns from 0 in UTF-8 bytes; None in Python 3.10."""

    file: str
    line: int
    end_line: int | None
    column: int | None
    end_column: int | None
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def site_here() -> Site | None:
    """Return the place of the innermost frame of user code that runs now; None if there is none."""
    frame = frame_outside(sys._getframe(1), is_internal)
    return None if frame is None else _site_in(frame.f_code, frame.f_lasti, frame.f_lineno)


def frame_outside(frame: FrameType | None, is_inside: Callable[[str], bool]) -> FrameType | None:
    """The innermost frame, from `frame` outwards, whose file is not one of those inside; None where all are."""
    while frame is not None and is_inside(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def path_below(file: str, folder: Path | None = None) -> str:
    """A file as seen from a folder (the current one) where it lies in it; its whole path elsewhere."""
    path, start = Path(file), folder or Path.cwd()
    return str(path.relative_to(start)) if path.is_relative_to(start) else file


def site_of_error(error: BaseException) -> tuple[Site, FrameType] | None:
    """Return the place of the innermost frame of user code that an error left, and that frame with its variables.

    None if the error passed through no user code.
    """
    found = None
    for frame, last in _traced(error.__traceback__):
        if not is_internal(frame.f_code.co_filename):
            found = frame, last
    if found is None:
        return None
    (frame, (lasti, line)) = found
    return _site_in(frame.f_code, lasti, line), frame


def _traced(traceback: TracebackType | None) -> Iterator[tuple[FrameType, tuple[int, int]]]:
    while traceback is not None:
        yield traceback.tb_frame, (traceback.tb_lasti, traceback.tb_lineno)
        traceback = traceback.tb_next


@functools.cache
def is_internal(file: str) -> bool:
    """Return whether the code of a file only calls torch for other code."""
    return file.startswith(_INTERNAL)


def _site_in(code: CodeType, lasti: int, line: int) -> Site:
    return _site(code, code.co_filename, lasti, line)


@functools.lru_cache(maxsize=100_000)
def _site(code: CodeType, file: str, lasti: int, line: int) -> Site:
    """Return the place of an instruction. `file`: that of the code; equal code of two files counts as equal."""
    start, end, column, end_column = line, None, None, None
    if sys.version_info >= (3, 11) and lasti >= 0:
        positions = list(code.co_positions())[lasti // 2]
        start, end, column, end_column = positions[0] or line, *positions[1:]
    return Site(file, start, end, column, end_column, code.co_name)
