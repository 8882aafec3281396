"""Globals of the interpreter: what else runs during a case, and how numbers are computed. A reader per global."""

import gc
import locale
import sys
import threading
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

_USUAL_RECURSION_LIMIT = 1000

#: These are variables, since Python computes constant expressions when it compiles them.
_SMALLEST_NORMAL, _ONE, _TWO, _THREE = sys.float_info.min, 1.0, 2.0, 3.0


def _rounding() -> list[str]:
    """Return results that show the processor's floating-point modes in this thread, as text.

    A denormal number may be flushed to zero; torch does not show whether it set that. A third, of both signs, shows the
    rounding.
    """
    return [value.hex() for value in (_SMALLEST_NORMAL / _TWO, _ONE / _THREE, -_ONE / _THREE)]


def _monitoring_tools() -> list[str | None]:
    """Return the tools of sys.monitoring (Python 3.12 and later), such as cProfile."""
    monitoring = getattr(sys, "monitoring", None)
    return [monitoring.get_tool(number) for number in range(6)] if monitoring else []


def _threads() -> list[str]:
    """Return the names of threads that Python started, without those of autograd, which Python may list as dummies."""
    return sorted(each.name for each in threading.enumerate() if not isinstance(each, threading._DummyThread))


def _broad_filters() -> list[Any]:
    """Return the filters for warnings of any text and place. Others are left out: an import may add one of its own."""
    return [
        (action, kind)
        for action, text, kind, module, _ in warnings.filters
        if text is None and module is None and kind.__module__ == "builtins"
    ]


def _low_recursion_limit() -> int:
    """Return the recursion limit, at most the usual one: torch's compiler raises it, which changes no measurement."""
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
