"""Which two sections are compared: from one version of torch to the next, from one machine or device to the next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from analysis.across.places import DEVICE, MACHINE, PlacedSection

Column = list[PlacedSection]  #: the sections of one machine and device, by version


@dataclass(frozen=True, eq=False)
class PlaceStep:
    """Two sections that follow each other on an axis."""

    before: PlacedSection
    after: PlacedSection

    @property
    def differs(self) -> list[str]:
        """The axes on which they differ: one as a rule, none for a repetition."""
        return self.before.place.differing(self.after.place)


def place_steps(found: Sequence[PlacedSection]) -> list[PlaceStep]:
    """Every version with the next one on its machine and device; then machine with machine on one device, and device
    with device on one machine, at the newest version that both have (or each at its newest)."""
    columns: dict[tuple[str, str], Column] = {}
    for each in found:
        columns.setdefault((each.place.machine, each.place.device), []).append(each)
    steps = [PlaceStep(*pair) for column in columns.values() for pair in pairwise(column)]
    return [*steps, *_between(columns, MACHINE), *_between(columns, DEVICE)]


def _between(columns: dict[tuple[str, str], Column], axis: str) -> Iterator[PlaceStep]:
    """Steps along `axis` at one value of the other of machine and device."""
    lines: dict[str, list[Column]] = {}
    for (machine, device), column in columns.items():
        lines.setdefault(device if axis == MACHINE else machine, []).append(column)
    for line in lines.values():
        for before, after in pairwise(line):
            yield _at_newest(before, after)


def _at_newest(before: Column, after: Column) -> PlaceStep:
    """Both at the newest version that they share; each at its own newest where they share none."""
    shared = {each.place.torch for each in before} & {each.place.torch for each in after}
    ends = [[each for each in column if each.place.torch in shared] or column for column in (before, after)]
    return PlaceStep(ends[0][-1], ends[1][-1])
