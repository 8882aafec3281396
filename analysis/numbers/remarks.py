"""Remarks on a case's numbers, in words: the same in every table and card."""

import math
from collections.abc import Iterator
from typing import Protocol

from analysis.numbers.agreement import SAME_CALLS
from analysis.numbers.gpu_text import GpuRow, gpu_remarks
from analysis.numbers.verified import Judged, not_compared
from analysis.units import known

#: The smallest natural log at which a ratio of medians that contradicts the paired ratio is remarked.
_CONTRARY = 0.03


class Remarked(Judged, GpuRow, Protocol):
    """A case that can have remarks: a row of the case table, or a card's case."""

    @property
    def same_calls(self) -> bool: ...
    @property
    def below_resolution(self) -> bool: ...
    @property
    def disturbed(self) -> bool | None: ...
    @property
    def below_floor(self) -> bool: ...
    @property
    def speedup(self) -> float | None: ...
    @property
    def outofplace_time_s(self) -> float | None: ...
    @property
    def inplace_time_s(self) -> float | None: ...


def remarks(case: Remarked) -> Iterator[str]:
    """The remarks on a case, a few words each."""
    if words := not_compared(case):
        yield words
    if case.same_calls:
        yield SAME_CALLS
    if case.below_resolution:
        yield "changes less than its dtype can resolve"
    if _is_contrary(case):
        yield "the times' medians point the other way: what scatters so needs more passes"
    if case.disturbed is True:
        yield "disturbed"
    if case.below_floor:
        yield "little signal"
    yield from gpu_remarks(case)


def _is_contrary(case: Remarked) -> bool:
    """Whether the ratio of the medians and the median of the paired ratios are on different sides of 1."""
    outofplace, inplace, speedup = case.outofplace_time_s, case.inplace_time_s, case.speedup
    if not (known(outofplace) and known(inplace) and known(speedup)) or min(outofplace, inplace, speedup) <= 0:
        return False
    of_times, paired = math.log(outofplace / inplace), math.log(speedup)
    return of_times * paired < 0 and min(abs(of_times), abs(paired)) > _CONTRARY
