"""Live bytes over a scenario's call, as its memory pass stored them."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from benchmarks.record import OK, VARIANTS

#: A phase of a scenario at a scale.
PhaseAt = tuple[str, str, int]


@dataclass(frozen=True)
class Timeline:
    """One variant: the highest live bytes in equal shares of its allocator events, first of the call, then of backward
    and of the update behind it.
    """

    forward: tuple[int, ...]
    backward: tuple[int, ...]

    @property
    def peak_bytes(self) -> int:
        return max((*self.forward, *self.backward))

    @property
    def peak_region(self) -> str:
        """Where the peak is reached first."""
        return "forward" if self.peak_bytes in self.forward else "backward"


def timelines_of(frame: pd.DataFrame, device: str) -> dict[PhaseAt, dict[str, Timeline]]:
    """By pair, phase and scale, then by variant: of each scenario on a device. Runs up to record 4 have none, nor has a
    GPU.
    """
    rows = frame[(frame["kind"] == "memory") & (frame["state"] == OK) & (frame["device"] == device)]
    rows = rows[rows["forward_live_bytes"].map(len) > 0]
    found: dict[PhaseAt, dict[str, Timeline]] = {}
    row: Any
    for row in rows.itertuples():
        of_case = found.setdefault((row.pair, row.phase, int(row.scale)), {})
        of_case[row.variant] = Timeline(tuple(row.forward_live_bytes), tuple(row.backward_live_bytes))
    return {key: both for key, both in found.items() if both.keys() == set(VARIANTS)}
