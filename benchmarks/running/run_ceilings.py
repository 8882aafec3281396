"""What a run measures of its machine before its cases: ceilings and floors.

A ceiling is the bandwidth at one of its tensor sizes, a floor the time of the cheapest call on a device. Each is
measured once per run and stored at once. If one fails, it is left out with its reason: the times of cases do not depend
on it.
"""

from collections.abc import Callable

import torch

from benchmarks.measure import ceilings
from benchmarks.measure.lost_device import DeviceLost, why_lost
from benchmarks.record import ITEM_BYTES, Case
from benchmarks.record.reason import first_line
from benchmarks.record.run_facts import CeilingPlace, LeftOut
from benchmarks.running.limits import why_too_large
from benchmarks.running.run import Run

#: Bytes of a floor's tensor.
FLOOR_BYTES = 4


def measure_ceilings(run: Run, cases: list[Case], begin: Callable[[CeilingPlace], None]) -> None:
    """Measure and store the ceilings and floors that the run does not hold yet.

    `begin` gets each place before it is measured, since the process may die there. DeviceLost if a GPU can no longer be
    used: the supervisor then leaves out that place. A run without a timed pass needs none of them, and measures none:
    it does not hold its devices alone.
    """
    for device in sorted({case.device for case in cases}):
        _check_not_lost(device)  # before the device is used for anything else
    if not any(row["kind"] == "time" for row in run.facts["passes"]):
        return
    measured = {(row["device"], row["threads"], row["tensor_bytes"]) for row in run.facts["ceilings"]}
    of_ops = {
        (case.device, case.threads, case.numel * ITEM_BYTES[case.dtype]): case for case in cases if not case.scale
    }
    for place in sorted(of_ops.keys() - measured):
        if not why_too_large(of_ops[place]):
            _attempt(run, _place(*place), begin, _ceiling)
    for device in sorted({case.device for case in cases}):
        if device not in run.facts["floors"]:
            _attempt(run, _place(device, torch.get_num_threads(), FLOOR_BYTES), begin, _floor)


def leave_out(run: Run, place: CeilingPlace, reason: str) -> None:
    """Store that a ceiling or a floor could not be measured, and why."""
    row: LeftOut = {**place, "reason": reason}
    run.save(ceilings_left_out=[*_left_out(run), row])


def _attempt(
    run: Run,
    place: CeilingPlace,
    begin: Callable[[CeilingPlace], None],
    measure: Callable[[Run, CeilingPlace], None],
) -> None:
    if place in [_place(row["device"], row["threads"], row["tensor_bytes"]) for row in _left_out(run)]:
        return
    begin(place)
    try:
        measure(run, place)
    except (RuntimeError, MemoryError) as error:  # of torch and of drivers
        _check_not_lost(place["device"])
        leave_out(run, place, first_line(error))


def _check_not_lost(device: str) -> None:
    if lost := why_lost(device):
        raise DeviceLost(f"{device}: {lost}")


def _ceiling(run: Run, place: CeilingPlace) -> None:
    row = ceilings.measure_ceiling(place["device"], place["threads"], place["tensor_bytes"])
    run.save(ceilings=[*run.facts["ceilings"], row])


def _floor(run: Run, place: CeilingPlace) -> None:
    seconds = ceilings.measure_floor(place["device"])
    run.save(floors={**run.facts["floors"], place["device"]: seconds})


def _left_out(run: Run) -> list[LeftOut]:
    """Return the ceilings and floors that were left out so far; empty for a run of older code without this field."""
    return run.facts.get("ceilings_left_out", [])


def _place(device: str, threads: int, tensor_bytes: int) -> CeilingPlace:
    return {"device": device, "threads": threads, "tensor_bytes": tensor_bytes}
