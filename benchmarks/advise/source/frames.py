"""Find where a call comes from: the innermost frame outside of torch, and the expression that it evaluates."""

from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FrameType

from benchmarks.advise.source.instruction_places import instruction_places
from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.user.question import SourcePlace
from benchmarks.tracking.site import TORCH


@dataclass(frozen=True)
class FileCode:
    """A code object and its file. Python counts equal code as equal, whichever file it is of."""

    code: CodeType
    file: str

    @classmethod
    def of(cls, code: CodeType) -> "FileCode":
        return cls(code, code.co_filename)


def users_frame(frame: FrameType | None) -> tuple[FrameType | None, list[str]]:
    """Return the innermost frame outside of torch, and the files of torch's frames inside it, the innermost first.

    The frame is None if all frames are torch's.
    """
    chain: list[str] = []
    while frame is not None and frame.f_code.co_filename.startswith(TORCH):
        chain.append(frame.f_code.co_filename)
        frame = frame.f_back
    return frame, chain


#: Returns the source of the text that the functions of a file run; None for a file that is not asked about.
SourceOf = Callable[[str], Source | None]


def source_place_of(frame: FrameType, source_of: SourceOf) -> SourcePlace | None:
    """Return the place of the expression that a frame evaluates; None if it is not known."""
    return place_in_code(frame.f_code, frame.f_lasti, source_of)


def place_in_code(code: CodeType, last: int, source_of: SourceOf) -> SourcePlace | None:
    """Return the place of the expression that an instruction belongs to; None if it is not known.

    `last`: the offset of the instruction in bytes, as `f_lasti` of a frame. `source_of`: gives the source of the
    code's file, which is needed where Python gives no columns: before Python 3.11.
    """
    found = columns_in_code(code, last)
    if found is None:
        source = source_of(code.co_filename)
        return instruction_places(source).place(code, last) if source is not None else None
    line, end_line, column, end_column = found
    return SourcePlace(code.co_filename, line, end_line, column, end_column)


def columns_in_code(code: CodeType, last: int) -> tuple[int, int, int, int] | None:
    """Return first line, last line, first column and end column of an instruction's expression, if Python gives them.

    `last`: as in `place_in_code`.
    """
    positions = getattr(code, "co_positions", None)
    if positions is None:
        return None
    line, end_line, column, end_column = list(positions())[last // 2]
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return line, end_line, column, end_column


def line_in_code(code: CodeType, last: int) -> int:
    """Return the line of the instruction at an offset in bytes; 0 if it has none."""
    return next((line for first, end, line in code.co_lines() if line and first <= last < end), 0)
