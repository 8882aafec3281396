"""Numbers -> text. The only place where a unit is scaled: all else is SI seconds, bytes and plain ratios."""

import math
import re
from collections.abc import Sequence
from numbers import Real
from typing import Protocol, TypeGuard

from benchmarks.record import OK
from benchmarks.record.plain_text import first_names, plain_duration

MISSING = "\u2013"
_NO_BREAK = "\u00a0"
_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTES = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def known(value: object) -> TypeGuard[float]:
    """Whether `value` is a finite number, not one of the many kinds of missing value."""
    if isinstance(value, float):  # nearly always; asking for Real takes ten times as long
        return math.isfinite(value)
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def digits_text(value: float) -> str:
    """Three significant digits, two below 0.1, in plain notation wherever that is readable."""
    size = abs(value)
    if size >= 1e6 or 0 < size < 1e-3:
        return f"{value:.2e}"
    if size >= 100:
        return f"{value:,.0f}"
    if 0 < size < 0.1:
        return f"{value:.2g}"
    return f"{value:.{1 if size >= 10 else 2}f}"


def time_text(seconds: float | None) -> str:
    """1.23e-6 -> '1.23 µs'."""
    if not known(seconds):
        return MISSING
    scale, unit = next((pair for pair in _TIMES if abs(seconds) >= pair[0] * 0.9995), _TIMES[-1])
    return f"{digits_text(seconds / scale)}{_NO_BREAK}{unit}"


def duration_text(seconds: float | None) -> str:
    """How long a run took: '5 min 58 s', '42 s', '0.8 s'."""
    if not known(seconds):
        return MISSING
    return re.sub(r"(?<=\d) ", _NO_BREAK, plain_duration(seconds))


def bytes_text(count: float | None) -> str:
    """4194304 -> '4 MiB', 1500 -> '1.46 KiB'; units of 2**10."""
    if not known(count):
        return MISSING
    for scale, unit in _BYTES:
        if abs(count) >= scale:
            value = count / scale
            return f"{value:,.0f}{_NO_BREAK}{unit}" if value == int(value) else f"{digits_text(value)}{_NO_BREAK}{unit}"
    return f"{count:,.0f}{_NO_BREAK}B"


def exact_bytes_text(count: float | None) -> str:
    """Every byte, where one of them matters: 212996 -> '212,996 B'."""
    return f"{count:,.0f}{_NO_BREAK}B" if known(count) else MISSING


def rate_text(bytes_per_s: float | None) -> str:
    """Bytes per second: '11.2 GiB/s'."""
    return f"{bytes_text(bytes_per_s)}/s" if known(bytes_per_s) else MISSING


def count_text(count: int | None) -> str:
    """Elements: 65536 -> '64 Ki', 4194304 -> '4 Mi', 1000 -> '1,000'."""
    if not known(count):
        return MISSING
    for scale, unit in ((2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki")):
        if count and count % scale == 0:
            return f"{count // scale:,}{_NO_BREAK}{unit}"
    return f"{count:,}"


def size_text(numel: int, shape: Sequence[int]) -> str:
    """'64 Ki' elements in one dimension, '256x256' in more."""
    return count_text(numel) if len(shape) < 2 else "x".join(map(str, shape))


class StatefulRow(Protocol):
    """The columns of a row of cases that `unnumbered_text` reads."""

    state: str
    bistable: bool


def unnumbered_text(case: StatefulRow) -> str:
    """The state of a case without a verdict: 'bistable', 'out of memory' and the like, 'no number'."""
    return "bistable" if case.bistable else case.state.replace("_", " ") if case.state != OK else "no number"


def ratio_text(ratio: float | None) -> str:
    """1.4234 -> '1.42x'."""
    return f"{digits_text(ratio)}x" if known(ratio) else MISSING


def interval_text(low: float | None, high: float | None) -> str:
    """'1.38x to 1.47x'."""
    return f"{ratio_text(low)} to {ratio_text(high)}" if known(low) and known(high) else MISSING


def percent_text(share: float | None) -> str:
    """0.614 -> '61 %'. Only 1 reads '100 %', and only 0 reads '0 %'."""
    if not known(share):
        return MISSING
    if 0 < share < 0.005 or 0.995 <= share < 1:
        return "<1" + _NO_BREAK + "%" if share < 0.5 else ">99" + _NO_BREAK + "%"
    return f"{share * 100:,.0f}{_NO_BREAK}%"


def multiple_text(multiple: float | None) -> str:
    """Bytes in multiples of the input: 2.0 -> '2N', 0.25 -> '0.25N'."""
    return f"{multiple:,.2f}".rstrip("0").rstrip(".") + "N" if known(multiple) else MISSING


def arrow_text(first: str, second: str) -> str:
    """'512 KiB', '256 KiB' -> '512 → 256 KiB': a common unit is written once."""
    number, space, unit = first.rpartition(_NO_BREAK)
    return f"{number} → {second}" if space and second.endswith(space + unit) else f"{first} → {second}"


def variants_text(outofplace: str, inplace: str) -> str:
    """'out-of-place → in-place', or one text where both read the same."""
    return outofplace if outofplace == inplace else arrow_text(outofplace, inplace)


def difference_text(relative: float | None) -> str:
    """A relative difference: '2.1e-07', '0.21'; an infinite one in words."""
    if not known(relative):
        return MISSING
    return f"{relative:.2g}" if relative < 1e6 else "beyond any number"


def exponent_text(exponent: float | None, error: float | None) -> str:
    """An exponent and its standard error: '1.93 ± 0.05'."""
    return f"{exponent:.2f} ± {error:.2f}" if known(exponent) and known(error) else MISSING


def faults_text(faults: float | None) -> str:
    """Page faults per call: '1,025', '0.3', '0'."""
    if not known(faults):
        return MISSING
    return f"{faults:,.0f}" if faults >= 9.95 or faults == int(faults) else f"{faults:.1f}"


def number_text(count: int, noun: str) -> str:
    """'1 case', '12 cases', '13 passes'."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def names_text(names: list[str], limit: int) -> str:
    """'exp, relu, tanh and 31 more'; a single one more is named."""
    return first_names(names, limit if len(names) > limit + 1 else limit + 1)


def and_text(parts: list[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def change_text(ratio: float | None) -> str:
    """A ratio of new to old as a change: 1.102 -> '+10 %', 0.957 -> '-4.3 %'. Only 1 reads '+0.0 %'."""
    if not known(ratio):
        return MISSING
    percent = (ratio - 1) * 100
    if ratio != 1 and abs(percent) < 0.05:
        return f"<0.1{_NO_BREAK}%"
    return f"{percent:+,.0f}{_NO_BREAK}%" if abs(percent) >= 9.95 else f"{percent:+.1f}{_NO_BREAK}%"
