"""Globals of the interpreter: what runs beside a case's statements, and how its numbers are computed."""

import gc
import locale
import sys
import threading
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

_USUAL_RECURSION_LIMIT = 1000

#: In variables, as Python would compute the results of constants beforehand.
_SMALLEST_NORMAL, _ONE, _TWO, _THREE = sys.float_info.min, 1.0, 2.0, 3.0


def _rounding() -> list[str]:
    """The processor's modes in this thread, told from results: a denormal number, which may be flushed to zero (torch
    does not say whether it set that), and a third, rounded for both signs. As text: flushed, a denormal equals zero.
    """
    return [value.hex() for value in (_SMALLEST_NORMAL / _TWO, _ONE / _THREE, -_ONE / _THREE)]


def _monitoring_tools() -> list[str | None]:
    """Of Python 3.12 and later; cProfile is one."""
    monitoring = getattr(sys, "monitoring", None)
    return [monitoring.get_tool(number) for number in range(6)] if monitoring else []


def _threads() -> list[str]:
    """Threads that Python started; torch's autograd has others, which Python may come to know as dummies."""
    return sorted(each.name for each in threading.enumerate() if not isinstance(each, threading._DummyThread))


def _broad_filters() -> list[Any]:
    """Filters of warnings of any text and place. An import may add one for a message or a class of its own."""
    return [
        (action, kind)
        for action, text, kind, module, _ in warnings.filters
        if text is None and module is None and kind.__module__ == "builtins"
    ]


def _low_recursion_limit() -> int:
    """torch's compiler raises the limit at its first use, which changes no number."""
    return min(sys.getrecursionlimit(), _USUAL_RECURSION_LIMIT)


PYTHON: dict[str, Callable[[], Any]] = {
    "trace function": lambda: str(sys.gettrace()),
    "profile function": lambda: str(sys.getprofile()),
    "trace function of new threads": lambda: str(threading.gettrace()),
    "profile function of new threads": lambda: str(threading.getprofile()),
    "monitoring tools": _monitoring_tools,
    "tracing of memory": tracemalloc.is_tracing,
    "garbage collector": gc.isenabled,
    "garbage collector's thresholds": gc.get_threshold,
    "garbage collector's debugging": gc.get_debug,
    "garbage collector's callbacks": lambda: list(map(id, gc.callbacks)),
    "running threads": _threads,
    "warning filters": _broad_filters,
    "recursion limit": _low_recursion_limit,
    "switch interval": sys.getswitchinterval,
    "rounding and denormals": _rounding,
    "locale": lambda: locale.setlocale(locale.LC_ALL),
}
