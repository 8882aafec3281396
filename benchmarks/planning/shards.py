"""A shard: one of several parts of a run's cases, measured elsewhere or later, and merged with the others.

All cases of a pair or scenario are in one shard, so that what is compared stays together. The parts are the same in
every process, and take about equally long.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.planning import estimate
from benchmarks.record import Case

#: Seconds of a CPU case besides its rounds: in a timed pass, and in the memory pass (measured: `quick`, 2 cores).
OP_S, OP_MEMORY_S = 0.015, 0.04
#: The same for a scenario, which builds both models; its calls overrun the time of its rounds.
SCENARIO_S, SCENARIO_MEMORY_S, SCENARIO_OVERRUN = 0.06, 0.35, 2
#: More shards than anybody has machines for; limits the cost of a mistyped count.
MOST_SHARDS = 1000


@dataclass(frozen=True)
class Shard:
    """Part `number` of `count`, from 1."""

    number: int
    count: int

    @classmethod
    def of_text(cls, text: str) -> "Shard":
        """Parse '2/5'. ValueError if it is not a shard."""
        match = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text)
        shard = cls(int(match[1]), int(match[2])) if match else cls(0, 0)
        if not 1 <= shard.number <= shard.count <= MOST_SHARDS:
            raise ValueError("not a shard (such as 2/5, the second of five)")
        return shard

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@dataclass(frozen=True)
class CaseTime:
    """What decides how long a run's cases take: seconds of a CPU's ops, of its scenarios, of a GPU's cases."""

    passes: int
    seconds: float
    scenario_seconds: float
    scenario_passes: int
    gpu_seconds: float

    def of(self, case: Case) -> float:
        """About how many seconds a case takes in all passes of a run."""
        passes = self.passes_of(case)
        if case.device != "cpu":
            return estimate.weighed_case_s(case) + passes * estimate.timed_case_s(case, self.gpu_seconds)
        if case.scale:
            return SCENARIO_MEMORY_S + passes * (SCENARIO_S + SCENARIO_OVERRUN * self.scenario_seconds)
        return OP_MEMORY_S + passes * (OP_S + self.seconds)

    def passes_of(self, case: Case) -> int:
        """How many timed passes a case has at most."""
        return min(self.passes, self.scenario_passes) if case.scale else self.passes


def cases_of_shard(cases: Sequence[Case], shard: Shard, time: CaseTime) -> list[Case]:
    """The cases of one shard, in the order of `cases`; none if there are fewer pairs than shards.

    Pairs are dealt out from the longest on, each to the shard with the least work so far.
    """
    seconds: dict[str, float] = defaultdict(float)
    for case in cases:
        seconds[case.pair] += time.of(case)
    loads = [0.0] * shard.count
    mine = set()
    for name in sorted(seconds, key=lambda name: (-seconds[name], name)):
        place = loads.index(min(loads))
        loads[place] += seconds[name]
        if place == shard.number - 1:
            mine.add(name)
    return [case for case in cases if case.pair in mine]
