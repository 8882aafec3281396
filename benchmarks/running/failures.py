"""What becomes of a case that raised, and of one that changed its process."""

from typing import Any

from benchmarks.in_flight import running, with_variant
from benchmarks.measure.machine_errors import ran_out_of_memory
from benchmarks.record.reason import first_line, typed_line
from benchmarks.verify.ops import Disagreement

#: What an op raises where it does not support a dtype, device or phase, or where torch lacks it.
REFUSALS = (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError)


class GlobalsChanged(RuntimeError):
    """The case changed what could change the numbers of the cases after it: its process must end, and measure no other;
    the message is one line."""


def _failed(state: str, reason: str, variant: str | None) -> dict[str, Any]:
    """The fields of a case that failed while a variant ran; None: while neither did."""
    return {"state": state, "reason": with_variant(reason, variant), "extra": {"running": variant} if variant else {}}


def failure(error: BaseException) -> dict[str, Any]:
    """State and reason of a case that raised, also what is no Exception, such as the SystemExit of `sys.exit()`.

    The reason says which variant ran: a disagreement is of both.
    """
    if isinstance(error, Disagreement):
        return {"state": "disagreed", "reason": first_line(error)}
    variant = running()
    if ran_out_of_memory(error):
        return _failed("out_of_memory", first_line(error), variant)
    if isinstance(error, REFUSALS) and not isinstance(error, RecursionError):
        return _failed("unsupported", first_line(error), variant)
    return _failed("crashed", typed_line(error), variant)
