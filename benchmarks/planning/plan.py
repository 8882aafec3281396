"""From option texts to the cases of a run, for the supervisor, its passes and pytest by hand."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.catalogue.pair import Pair, PairError
from benchmarks.catalogue.scenarios import Scenario
from benchmarks.catalogue.select import Families, runnable_families, select_families
from benchmarks.planning.axes import cross, inherit_allocator
from benchmarks.planning.case_file import check_cases, read_cases
from benchmarks.planning.options import OptionError, Settings, resolve
from benchmarks.planning.shards import CaseTime, Shard, cases_of_shard
from benchmarks.record import Case


@dataclass(frozen=True)
class Plan:
    """What a run measures, before pytest's -k expression."""

    settings: Settings
    families: Families
    skipped: Mapping[str, str]  #: pairs whose op this torch does not have, with the reason
    cases: Sequence[Case]

    @property
    def pairs(self) -> Mapping[str, Pair | Scenario]:
        """Every pair and scenario by its name."""
        return {pair.name: pair for pairs in self.families.values() for pair in pairs}


def make_plan(raw: Mapping[str, str], expression: str = "") -> Plan:
    """The plan that option texts mean. OptionError or PairError, one line each, for what is impossible."""
    settings = resolve(raw)
    listed = read_cases(settings.cases_file) if settings.cases_file else []
    wanted = tuple(dict.fromkeys(case.pair for case in listed)) or settings.pair_names
    families, skipped = runnable_families(select_families(settings.pairs_file, wanted, expression))
    if listed:
        cases = [case for case in listed if case.pair not in skipped]
        check_cases(cases, families, settings)
    else:
        cases = cross(families, settings.preset, settings.axes)
    if not cases:
        names = ", ".join(settings.pair_names) or "all pairs"
        if skipped:
            raise OptionError(f"nothing to measure: {'; '.join(skipped.values())}")
        raise OptionError(f"--preset {settings.preset_name}: has no case for {names} with these axis values")
    if settings.shard:
        cases = _part_of(cases, settings, settings.shard)
    return Plan(settings, families, skipped, cases if heap_is_ours() else inherit_allocator(cases))


def _part_of(cases: Sequence[Case], settings: Settings, shard: Shard) -> list[Case]:
    """The cases of one shard. OptionError if it has none."""
    mine = cases_of_shard(cases, shard, case_time(settings))
    if not mine:
        names = len({case.pair for case in cases})
        raise OptionError(f"--shard {shard}: is empty, as the run has {names} pairs; make that many shards at most")
    return mine


def case_time(settings: Settings) -> CaseTime:
    """Return what of the settings decides how long a case takes."""
    return CaseTime(
        passes=settings.passes,
        seconds=settings.seconds,
        scenario_seconds=settings.scenario_seconds,
        scenario_passes=settings.scenario_passes,
        gpu_seconds=settings.gpu_seconds,
    )


def heap_is_ours() -> bool:
    """Whether the heaps can be set: they are glibc's, unless another allocator is preloaded."""
    return platform.libc_ver()[0] == "glibc" and "malloc" not in os.environ.get("LD_PRELOAD", "")


__all__ = ["OptionError", "PairError", "Plan", "case_time", "make_plan"]
