"""Where the bytes are, as lines of text."""

from collections.abc import Iterator
from typing import Any

from benchmarks.attribution.breakdown import PeakBytes
from benchmarks.record.plain_text import mib_text
from benchmarks.tracking.site import path_below

_MOST = 5  #: modules and ops that are named


def peak_lines(found: PeakBytes) -> Iterator[str]:
    """Yield lines: the peak and its place, then its bytes by category, module and op. Each column sums to the peak."""
    where = f", in {found.op}" if found.op else ""
    inside = f" of module {found.module!r}" if found.module else ""
    place = f" ({_place(found.file, found.line)})" if found.file else ""
    yield f"peak {mib_text(found.peak_bytes)}, reached in {found.region or 'no recorded call'}{where}{inside}{place}"
    yield "  for"
    yield from _column(found.by_category(), found.peak_bytes)
    yield "  made by module"
    yield from _column(
        _largest({_module(name): nbytes for name, nbytes in found.by_module().items()}), found.peak_bytes
    )
    yield "  made by op"
    yield from _column(_largest(_ops(found)), found.peak_bytes)


def _largest(sums: dict[str, int]) -> dict[str, int]:
    """Return the largest sums, and the sum of all others."""
    shown = list(sums.items())
    rest = shown[_MOST:]
    if len(rest) < 2:
        return sums
    return {**dict(shown[:_MOST]), f"{len(rest)} others": sum(nbytes for _, nbytes in rest)}


def _column(sums: dict[str, int], peak_bytes: int) -> Iterator[str]:
    for name, nbytes in sums.items():
        yield f"    {mib_text(nbytes):>14} {nbytes / peak_bytes if peak_bytes else 0:>6.1%}  {name}"


def _ops(found: PeakBytes) -> dict[str, int]:
    sums: dict[str, int] = {}
    for (op, file, line), nbytes in found.by_op().items():
        name = f"{op or 'not recorded'}{'  ' + _place(file, line) if file else ''}"
        sums[name] = sums.get(name, 0) + nbytes
    return sums


def _module(name: str | None) -> str:
    return "outside all modules" if name is None else name or "the model itself"


def _place(file: str | None, line: Any) -> str:
    return f"{path_below(file or '')}:{line}"
