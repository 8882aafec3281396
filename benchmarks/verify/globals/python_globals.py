"""Globals of the interpreter: what else runs during a case, and how numbers are computed."""

import gc
import locale
import sys
import threading
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

_USUAL_RECURSION_LIMIT = 1000

#: In variables, since Python would compute constant expressions beforehand.
_SMALLEST_NORMAL, _ONE, _TWO, _THREE = sys.float_info.min, 1.0, 2.0, 3.0


def _rounding() -> list[str]:
    """The processor's floating-point modes in this thread, seen in results.

    A denormal number may be flushed to zero (torch does not say whether it set that); a third is rounded for both
    signs. As text: a flushed denormal equals zero.
    """
    return [value.hex() for value in (_SMALLEST_NORMAL / _TWO, _ONE / _THREE, -_ONE / _THREE)]


def _monitoring_tools() -> list[str | None]:
    """Tools of sys.monitoring (Python 3.12 and later), such as cProfile."""
    monitoring = getattr(sys, "monitoring", None)
    return [monitoring.get_tool(number) for number in range(6)] if monitoring else []


def _threads() -> list[str]:
    """Threads that Python started; torch's autograd has others, which Python may list as dummies."""
    return sorted(each.name for each in threading.enumerate() if not isinstance(each, threading._DummyThread))


def _broad_filters() -> list[Any]:
    """Filters for warnings of any text and place. An import may add one for a message or a class of its own."""
    return [
        (action, kind)
        for action, text, kind, module, _ in warnings.filters
        if text is None and module is None and kind.__module__ == "builtins"
    ]


def _low_recursion_limit() -> int:
    """The recursion limit, capped: torch's compiler raises it at its first use, which changes no number."""
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
