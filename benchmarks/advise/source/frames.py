"""Find where a call comes from: the innermost frame outside of torch, and the expression that it evaluates."""

from types import CodeType, FrameType

from benchmarks.advise.user.question import SourcePlace
from benchmarks.tracking.site import TORCH


def users_frame(frame: FrameType | None) -> tuple[FrameType | None, list[str]]:
    """Return the innermost frame outside of torch, and the files of torch's frames inside it, the innermost first.

    The frame is None if all frames are torch's.
    """
    chain: list[str] = []
    while frame is not None and frame.f_code.co_filename.startswith(TORCH):
        chain.append(frame.f_code.co_filename)
        frame = frame.f_back
    return frame, chain


def source_place_of(frame: FrameType) -> SourcePlace | None:
    """Return the place of the expression that a frame evaluates; None before Python 3.11, which gives no columns."""
    return place_in_code(frame.f_code, frame.f_lasti)


def place_in_code(code: CodeType, last: int) -> SourcePlace | None:
    """Return the place of the expression that an instruction belongs to; None if Python does not give it.

    `last`: the offset of the instruction in bytes, as `f_lasti` of a frame.
    """
    positions = getattr(code, "co_positions", None)
    if positions is None:
        return None
    line, end_line, column, end_column = list(positions())[last // 2]
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return SourcePlace(code.co_filename, line, end_line, column, end_column)


def line_in_code(code: CodeType, last: int) -> int:
    """Return the line of the instruction at an offset in bytes; 0 if it has none."""
    return next((line for first, end, line in code.co_lines() if line and first <= last < end), 0)
