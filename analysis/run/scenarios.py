"""The scenarios that a run declares: what each shows, its usual scale, what people expect of it.

All of it is read from `run.json`, where any part may be missing or of the wrong type: unreadable parts become a line.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.run.facts import code, labels, number, part, text
from benchmarks.record import INPLACE, OUTOFPLACE, PROSE, Expectation, Growth, read_expected

_SHORT = 40  #: characters of a wrong value that a message quotes


@dataclass(frozen=True)
class DeclaredScenario:
    """One scenario as its run declares it."""

    name: str
    topic: str = ""
    practice: str = ""
    axis: str = "scale"
    scales: tuple[int, ...] = ()  #: the usual one first
    gpu_scales: tuple[int, ...] = ()  #: scales on a GPU; empty: the same
    tolerance: float | None = None  #: the share by which both variants may differ
    update_alone: bool = False  #: its inference is an optimizer's update
    code: tuple[str, str] | None = None  #: out-of-place, in-place
    labels: tuple[str, str] = (PROSE[OUTOFPLACE], PROSE[INPLACE])  #: the names of its variants
    note: str = ""
    expects: tuple[Expectation | Growth, ...] = ()
    unread: tuple[str, ...] = ()  #: a line per declaration that cannot be read

    def phase_text(self, phase: str) -> str:
        """The name of a phase."""
        return "update alone" if self.update_alone and phase == "inference" else phase

    def usual(self, device: str, measured: Collection[int]) -> int:
        """The scale that represents it on `device`: the declared one if it was measured, else the smallest."""
        declared = self.scales if device.startswith("cpu") else self.gpu_scales or self.scales
        return declared[0] if declared and declared[0] in measured else min(measured)


def scenarios(facts: dict) -> dict[str, DeclaredScenario]:
    """The declared scenarios by name, in the run's order."""
    stored = part(facts, "scenarios")
    return {name: _scenario(name, part(stored, name), facts) for name in stored}


def with_scenario(cases: pd.DataFrame, declared: dict[str, DeclaredScenario]) -> pd.DataFrame:
    """Cases of scenarios, in declared order, with `topic`, `axis`, `usual` (at the scale that represents the scenario),
    `label` (its name, with the scale if it was measured at several) and `qualifiers` (that scale)."""
    ranks = {name: rank for rank, name in enumerate(declared)}
    order = cases["pair"].map(ranks).fillna(len(ranks)).sort_values(kind="stable").index
    cases = cases.loc[order].reset_index(drop=True)
    known = [declared.get(name, DeclaredScenario(name)) for name in cases["pair"]]
    scales = cases.groupby("pair")["scale"].unique().to_dict()
    rows = list(zip(known, cases["scale"], cases["device"], strict=True))
    qualifiers = [(f"{s.axis} {scale:,}",) if len(scales[s.name]) > 1 else () for s, scale, _ in rows]
    named = [f"{s.name} ({words[0]})" if words else s.name for s, words in zip(known, qualifiers, strict=True)]
    return cases.assign(
        topic=[each.topic for each in known],
        axis=[each.axis for each in known],
        usual=np.array([scale == each.usual(device, scales[each.name]) for each, scale, device in rows], dtype=bool),
        plain=True,
        label=named,
        qualifiers=pd.Series(qualifiers, cases.index, dtype=object),
    )


def _scenario(name: str, stored: dict, facts: dict) -> DeclaredScenario:
    expects, unread = [], []
    listed = stored.get("expects")
    if not isinstance(listed, list):
        unread += [] if listed is None else [f"{name}: expects holds {_shortened(listed)}, not a list"]
        listed = []
    for place, entry in enumerate(listed, start=1):
        try:
            expects.append(read_expected(entry))
        except ValueError as error:
            unread.append(f"{name}: expectation {place}: {error}")
    return DeclaredScenario(
        name=name,
        topic=text(stored.get("topic")) or "",
        practice=text(stored.get("practice")) or "",
        axis=text(stored.get("axis")) or "scale",
        scales=_scales(stored.get("scales")),
        gpu_scales=_scales(stored.get("gpu_scales")),
        tolerance=number(stored.get("tolerance")),
        update_alone=stored.get("update_alone") is True,
        code=code(facts, name),
        labels=labels(facts, name),
        note=text(part(part(facts, "pairs"), name).get("note")) or "",
        expects=tuple(expects),
        unread=tuple(unread),
    )


def _scales(value: object) -> tuple[int, ...]:
    listed = value if isinstance(value, list) else []
    return tuple(scale for scale in listed if type(scale) is int and scale > 0)


def _shortened(value: object) -> str:
    said = repr(value)
    return said if len(said) <= _SHORT else said[: _SHORT - 1] + "…"
