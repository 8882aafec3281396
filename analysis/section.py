"""A section: the cases of one run on one device, the widest set whose ratios may share one number."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from analysis.numbers.effects import effects
from analysis.numbers.felt import as_felt
from analysis.numbers.geomeans import headline, on_fresh_heap
from analysis.numbers.memory import pair_bytes
from analysis.numbers.plain import with_plain
from analysis.numbers.ratios import case_table
from analysis.numbers.sizes import with_size
from analysis.run.advised_steps import StoredAdvice, stored_advice
from analysis.run.description import machine_line
from analysis.run.load import StoredRun
from analysis.run.scenarios import DeclaredScenario, scenarios, with_scenario


@dataclass(frozen=True, eq=False)  # a section is equal to itself alone: tables have no one truth value
class Section:
    """The cases of one run on one device, and values that parts of a report share: computed once, read-only.

    `cases` and `scenarios` share no geomean: a scenario represents a model, never an op.
    """

    run: StoredRun
    device: str
    cases: pd.DataFrame  #: of ops: rows of `ratios.case_table` with the columns of `with_plain` and `with_size`
    scenarios: pd.DataFrame  #: of scenarios, with the columns of `with_scenario`

    @cached_property
    def plain(self) -> pd.DataFrame:
        """The cases that represent their op, with or without a number."""
        return self.cases[self.cases["plain"]]

    @cached_property
    def all_cases(self) -> pd.DataFrame:
        """All cases, ops first."""
        parts = [part for part in (self.cases, self.scenarios) if len(part)]
        return pd.concat(parts or [self.cases], ignore_index=True)

    @cached_property
    def headline(self) -> pd.DataFrame:
        """The cases with a verdict whose ratios may share one number: `geomeans.headline`."""
        return headline(self.cases)

    @cached_property
    def fresh(self) -> pd.DataFrame:
        """The cases with a verdict that `headline` leaves out only because of their heap: `geomeans.on_fresh_heap`."""
        return on_fresh_heap(self.cases)

    @cached_property
    def host_decides(self) -> bool:
        """Whether a user waits for the host of a GPU in some case with a verdict."""
        return bool(self.all_cases.loc[self.all_cases["verdict"].notna(), "host_decides"].eq(True).any())

    @cached_property
    def felt(self) -> "Section":
        """The section with felt times and speedups in place of the device's (see `numbers.felt`); itself where the host
        never decides, as on a CPU."""
        if not self.host_decides:
            return self
        return replace(self, cases=as_felt(self.cases), scenarios=as_felt(self.scenarios))

    @property
    def other_axes_count(self) -> int:
        """The number of cases with a verdict in neither `headline` nor `fresh`: of another dtype, layout or operand."""
        return int(self.cases["verdict"].notna().sum()) - len(self.headline) - len(self.fresh)

    @cached_property
    def bytes(self) -> pd.DataFrame:
        """The bytes of each op, in multiples of its input: `memory.pair_bytes` of its plain cases."""
        return pair_bytes(self.plain)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """What the other axes change: `effects.effects`."""
        return effects(self.cases)

    @cached_property
    def declarations(self) -> dict[str, DeclaredScenario]:
        """Every scenario that the run declares, by name."""
        return scenarios(self.run.facts)

    @cached_property
    def advice(self) -> StoredAdvice | None:
        """The answer on the user's own steps, if the run is one of the advisor."""
        return stored_advice(self.run.facts)

    @cached_property
    def machine_line(self) -> str:
        """The machine and torch behind the numbers, in one line."""
        return machine_line(self.run.facts, self.device)


def sections(runs: Iterable[StoredRun]) -> list[Section]:
    """One section per run and device, in the order of the runs, then of the devices' names."""
    parts = [(run, str(device), cases) for run in runs for device, cases in case_table(run).groupby("device")]
    return [_section(run, device, cases) for run, device, cases in parts]


def _section(run: StoredRun, device: str, cases: pd.DataFrame) -> Section:
    ops, rest = cases[cases["scale"] == 0], cases[cases["scale"] > 0]
    # A copy joins columns of one type into one block: else each part that a report cuts out is copied piece by piece.
    return Section(run, device, with_size(with_plain(ops)).copy(), with_scenario(rest, scenarios(run.facts)).copy())
