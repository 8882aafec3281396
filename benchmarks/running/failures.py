"""State and reason of a case that raised an error, or that changed its process for later cases."""

from typing import Any

from benchmarks.in_flight import noted_variant, with_variant
from benchmarks.measure.machine_errors import ran_out_of_memory
from benchmarks.record.reason import first_line, typed_line
from benchmarks.verify.ops import Disagreement

#: Errors of an op without support for a dtype, device or phase, or one that this torch lacks.
REFUSALS = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)


class GlobalsChanged(RuntimeError):
    """A case changed a global that may affect later cases: its process must end. The message is one line."""


def _failed(state: str, reason: str, variant: str | None) -> dict[str, Any]:
    """Return the fields of a case that failed while `variant` ran; None if neither variant ran."""
    return {"state": state, "reason": with_variant(reason, variant), "extra": {"running": variant} if variant else {}}


def failure(error: BaseException) -> dict[str, Any]:
    """Return the fields of a case that raised `error`, which may be any exception, also the SystemExit of `sys.exit()`.

    They are its `state`, its `reason` and, in `extra`, the variant that ran. A disagreement concerns both variants: it
    names none.
    """
    if isinstance(error, Disagreement):
        return {"state": "disagreed", "reason": first_line(error)}
    variant = noted_variant()
    if ran_out_of_memory(error):
        return _failed("out_of_memory", first_line(error), variant)
    if isinstance(error, REFUSALS) and not isinstance(error, RecursionError):
        return _failed("unsupported", first_line(error), variant)
    return _failed("crashed", typed_line(error), variant)
