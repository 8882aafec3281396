"""Hands times measured elsewhere to pytest-benchmark, through its public `timer=` and `pedantic`.

pytest-benchmark times one target to the end and cannot interleave two; its records, table, storage and
`pytest-benchmark compare` are still the ones people use. So a pair is measured once, interleaved, and each of its two
tests then plays its own rounds back.
"""

from collections.abc import Sequence
from typing import Any

import pytest


class ReplayTimer:
    """A timer for pytest-benchmark under which successive timed rounds take given seconds."""

    def __init__(self) -> None:
        self._steps: list[float] = []
        self._now = 0.0

    def load(self, seconds: Sequence[float]) -> None:
        """The durations to play, in order."""
        self._steps = [step for duration in seconds for step in (0.0, duration)][::-1]

    def __call__(self) -> float:
        if self._steps:
            # Restarting at zero keeps a duration's digits: the difference of large readings would round them.
            self._now = self._steps.pop()
        return self._now


def make_benchmark(item: pytest.Function, group: str) -> None:
    """Make a test a benchmark in pytest-benchmark's eyes (--benchmark-only, --benchmark-skip), to be played."""
    item.fixturenames.append("benchmark")
    item.add_marker(pytest.mark.benchmark(timer=ReplayTimer(), group=group))


def play(benchmark: Any, timer: ReplayTimer, seconds: Sequence[float]) -> None:
    """Make `seconds` the rounds of a test's pytest-benchmark record; its timer must be `timer`."""
    timer.load(seconds)
    benchmark.pedantic(_nothing, rounds=len(seconds), iterations=1, warmup_rounds=0)


def _nothing() -> None:
    """What pytest-benchmark calls while the timer plays: it must not touch the op again."""
