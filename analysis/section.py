"""A section: the cases of one run on one device, the widest set whose ratios are ever put into one number."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from analysis.numbers.plain import with_plain
from analysis.numbers.ratios import case_table
from analysis.numbers.sizes import with_size
from analysis.run.load import Run
from analysis.run.scenarios import scenarios, with_scenario


@dataclass(frozen=True)
class Section:
    """The cases of one run on one device: the widest set whose ratios are ever put into one number."""

    run: Run
    device: str
    cases: pd.DataFrame  #: those of ops: rows of `ratios.case_table`, the columns of `with_plain` and `with_size`
    scenarios: pd.DataFrame  #: those of model-sized pairs, with the columns of `with_scenario`: in no number of ops

    @property
    def plain(self) -> pd.DataFrame:
        """The cases that speak for their op, whether they gave a number or not."""
        return self.cases[self.cases["plain"]]

    @property
    def every(self) -> pd.DataFrame:
        """All cases, ops first."""
        parts = [part for part in (self.cases, self.scenarios) if len(part)]
        return pd.concat(parts or [self.cases], ignore_index=True)


def sections(runs: Iterable[Run]) -> list[Section]:
    """One section a run and device, in the order of the runs, then of the devices' names."""
    parts = [(run, device, cases) for run in runs for device, cases in case_table(run).groupby("device")]
    return [_section(run, device, cases) for run, device, cases in parts]


def _section(run: Run, device: str, cases: pd.DataFrame) -> Section:
    ops, rest = cases[cases["scale"] == 0], cases[cases["scale"] > 0]
    return Section(run, device, with_size(with_plain(ops)), with_scenario(rest, scenarios(run.facts)))
