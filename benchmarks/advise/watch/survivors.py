"""Who keeps the operands that live on after an execution, in words."""

from collections.abc import Iterable
from typing import Any

from benchmarks.advise.watch.occurrences import Trace
from benchmarks.advise.watch.storages import tensors_in
from benchmarks.tracking.keepers import holders_of

#: What keeps an operand that the step returned.
RETURNED = "the step returns it"
#: The most storages whose keepers are looked for: each takes a look at all objects of Python.
_MOST = 8


def note_keepers(trace: Trace, result: Any) -> None:
    """Record who keeps each operand that lives on, while `result`, what the execution returned, is still held.

    One operand per site is looked at, and the first sites only.
    """
    ledger = trace.ledger
    alive = {key for key in _first_survivors(trace) if not ledger.storages[key].keepers}
    returned = {ledger.known_key(tensor) for tensor in tensors_in(result)}
    for key in alive & returned:
        ledger.storages[key].keepers = [RETURNED]
    asked = sorted(alive - returned)[:_MOST]
    if asked:
        for key, names in holders_of(asked, ledger.known_key, result).items():
            ledger.storages[key].keepers = names


def _first_survivors(trace: Trace) -> Iterable[int]:
    storages = trace.ledger.storages
    for occurrences in trace.occurrences.values():
        found = (each.key for each in occurrences if each.key in storages and storages[each.key].survived)
        yield from (key for key in [next(found, None)] if key is not None)
