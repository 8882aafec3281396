"""Where the facts of a card hold: the sections of a report, and sets of them in few words."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.across.places import placed
from analysis.section import Section


@dataclass(frozen=True)
class CardPlace:
    """A section: its short name, the prefix of its correctness ids, and its values on the axes of a place."""

    name: str  #: empty if it is the only one
    prefix: str
    axes: tuple[str, ...]
    order: int = 0  #: among the sections side by side: versions in ascending order


def card_places(sections: Sequence[Section], names: Sequence[str], prefixes: Sequence[str]) -> list[CardPlace]:
    """A place per section; `names`, `prefixes`: of the sections, in order."""
    several = len(sections) > 1
    known = {(each.name, each.section.device): (number, each.place) for number, each in enumerate(placed(sections))}
    found = [known[section.run.name, section.device] for section in sections]
    return [
        CardPlace(name if several else "", prefix, (f"torch {place.torch}", place.device), number)
        for name, prefix, (number, place) in zip(names, prefixes, found, strict=True)
    ]


def places_text(some: Sequence[CardPlace], every: Sequence[CardPlace]) -> str:
    """`some` of `every` in words: by values of one axis that name just these, else one by one."""
    for axis in range(len(every[0].axes)):
        values = dict.fromkeys(place.axes[axis] for place in some)
        if all(place in some for place in every if place.axes[axis] in values):
            return ", ".join(values)
    return ", ".join(place.name for place in some)
