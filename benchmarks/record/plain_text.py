"""Sizes, times and lists of names as text for terminals and stored reasons; `analysis.units` has the report's."""

from collections.abc import Sequence


def plain_bytes(count: int) -> str:
    """4194304 -> '4.00 MiB', 20480 -> '20.0 KiB', 100 -> '100 B'. MiB at most: else a small change would not show."""
    if abs(count) < 10240:
        return f"{count} B"
    return mib_text(count) if abs(count) >= 2**20 else f"{count / 1024:.1f} KiB"


def mib_text(count: float, digits: int = 2) -> str:
    """A size in MiB however small it is, for columns that add up: 20480 -> '0.02 MiB'."""
    return f"{count / 2**20:,.{digits}f} MiB"


def plain_time(seconds: float) -> str:
    """What a call takes: 0.00123 -> '1.23 ms', 45e-6 -> '45 us'."""
    for scale, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def plain_duration(seconds: float) -> str:
    """How long a run or a command took: '5 min 58 s', '1 h 2 min', '42 s', '0.8 s'."""
    if abs(seconds) < 9.5:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


def clock_text(seconds: float) -> str:
    """A time that runs while it is looked at, in minutes and seconds: 125.0 -> '2:05'."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def first_names(names: Sequence[str], most: int) -> str:
    """The first of some names, and how many more there are: 'exp, relu and 31 more'."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
