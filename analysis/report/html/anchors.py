"""The ids by which a page's ops and cases are linked: readable, and the same each time the report is written."""

import re
from collections.abc import Iterable

import pandas as pd

from analysis.section import Section
from analysis.units import size_text

_LONGEST = 48


class Anchors:
    """An id for each op of a report; an op has the same id in all runs."""

    def __init__(self, sections: Iterable[Section]) -> None:
        owners = sorted(
            {owner for each in sections for owner in zip(each.all_cases["family"], each.all_cases["pair"], strict=True)}
        )
        ids = unique(f"op-{plain_letters(pair)}" for _, pair in owners)
        self._ids = dict(zip(owners, ids, strict=True))

    def op(self, family: str, pair: str) -> str:
        """The id of an op's card."""
        return self._ids[family, pair]

    def known(self, family: str, pair: str) -> str:
        """The id of an op's card; empty where the report has none."""
        return self._ids.get((family, pair), "")


def case_ids(cases: pd.DataFrame, varying: Iterable[str]) -> list[str]:
    """An id per case: its label, phase and size, then its values on the axes `varying`."""
    columns = [cases[name].tolist() for name in ("label", "phase")]
    columns += [_sizes(cases), *(map(str, cases[name]) for name in varying)]
    return unique(".".join(map(plain_letters, words)) for words in zip(*columns, strict=True))


def _sizes(cases: pd.DataFrame) -> list[str]:
    shapes = zip(cases["numel"], cases["shape"], strict=True)
    return [size_text(numel, shape).replace("\u00a0", "") for numel, shape in shapes]


def unique(names: Iterable[str]) -> list[str]:
    """`names`, with a number after each repeated one."""
    taken: dict[str, int] = {}
    numbered = []
    for name in names:
        taken[name] = taken.get(name, 0) + 1
        numbered.append(f"{name}~{taken[name]}" if taken[name] > 1 else name)
    return numbered


def plain_letters(name: str) -> str:
    """`name` in characters that need no quoting in a URL."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name)[:_LONGEST].strip("-") or "unnamed"
