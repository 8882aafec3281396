"""The fields of `run.json`: one TypedDict per object, one line per field, in stored order.

`total=False`: fields that later versions added, or that not every run has. Runs of record version 1 have no
`scenarios`; the first of them lack `suite_sha256` and `cases_sha256` too. So a reader asks for what it uses.
"""

from collections.abc import Mapping
from typing import Any, TypedDict

from benchmarks.record.advice_facts import AdviceFacts
from benchmarks.record.checking import readers_of
from benchmarks.record.field_types import Bytes, BytesPerSecond, Count, Seconds, Share
from benchmarks.record.machine_facts import MachineFacts
from benchmarks.record.names import Heap, PassKind, PassState, RunState


class FirstBudget(TypedDict):
    """The time per case, as every run has it."""

    passes: Count  #: timed passes per heap
    seconds: Seconds  #: rounds of one case in one pass, unless another field applies
    precision: Share  #: half-width of a case's interval within a pass at which its rounds stop early


class LookFacts(TypedDict):
    """A look at how wide the interval of a case is by then. If it is narrow, the case leaves the later passes."""

    passes: Count  #: of the case's heap, before this look
    half_width: Share  #: of the interval of its speedup, at most


class BudgetFacts(FirstBudget, total=False):
    """The time per case. Older runs have one time for ops and scenarios, the oldest one for all devices."""

    gpu_seconds: Seconds  #: rounds of one case in one pass on a GPU
    scenario_seconds: Seconds  #: rounds of one case of a scenario in one pass on a CPU
    scenario_passes: Count  #: timed passes per heap for a case of a scenario; none: as many as for an op
    looks: list[LookFacts]  #: in order; none: every case takes part in every pass
    narrow: Share  #: of older runs: the half-width of their only look, after six passes


class CeilingPlace(TypedDict):
    """Where a bandwidth is measured."""

    device: str  #: as torch writes it
    threads: Count  #: torch's threads within an op
    tensor_bytes: Bytes  #: size of one tensor


class Ceiling(CeilingPlace):
    """Bandwidth at one tensor size; bytes read and bytes written are counted."""

    copy_bytes_per_s: BytesPerSecond  #: a copy to another tensor
    inplace_write_bytes_per_s: BytesPerSecond  #: a write in place


class LeftOut(CeilingPlace):
    """A ceiling that could not be measured; with one element a floor."""

    reason: str  #: why


class PlannedPass(TypedDict):
    """A pass as planned: one fresh process over its cases."""

    pass_number: Count  #: 0 verifies and measures memory
    kind: PassKind  #: what it measures
    allocator: Heap  #: the heap of its process
    state: PassState  #: "done" once every case is stored


class PassRow(PlannedPass, total=False):
    """A pass; the fields at the end are known when it ends. A pass by hand through pytest has no times."""

    cases: Count  #: how many it covers
    startup_s: Seconds  #: from the start of its processes to their first case
    wall_s: Seconds  #: the whole pass


class _CodeFacts(TypedDict):
    family: str  #: pairs that share inputs and axes
    outofplace: str  #: source code
    inplace: str  #: source code
    domain: str  #: the values that the input is drawn from; "" for a scenario
    note: str  #: how it is made fair, or what it shows; may be ""


class PairFacts(_CodeFacts, total=False):
    """A pair that the run measured, or a scenario. Older runs have no labels."""

    labels: list[str]  #: names of its variants; left out where they are out-of-place and in-place


class ScenarioFacts(TypedDict):
    """What a scenario declares besides its code."""

    topic: str  #: the topic that declares it, or "user"
    practice: str  #: one sentence: what people do, and where
    axis: str  #: what its scale counts
    scales: list[Count]  #: the usual one first
    gpu_scales: list[Count]  #: used on a GPU; empty: the same
    tolerance: Share | None  #: largest allowed difference, as a share of the largest magnitude; None: not compared
    update_alone: bool  #: its inference is an optimizer's update
    expects: list[dict[str, Any]]  #: `kind` (a key of EXPECTED) and the fields of that class


class Excuse(TypedDict):
    """Why an in-place name is not measured."""

    kind: str  #: the reason, shared by many names
    about: str  #: details for this name


class CoverageFacts(TypedDict, total=False):
    """The in-place names of the run's torch, each in one group; empty for a run of a user's pairs only."""

    torch: str  #: version, without the build
    measured: list[str]  #: by some pair of the catalogue, selected or not
    excused: dict[str, Excuse]  #: reasons by name
    missing: list[str]  #: in neither group


class ShardFacts(TypedDict):
    """A shard of a merged run: which pairs were measured, where and when."""

    shard: str  #: "2/5"
    run: str  #: the name of its folder
    host: str | None  #: its machine's name
    start: str  #: UTC, ISO 8601
    end: str | None  #: UTC, ISO 8601
    pairs: list[str]  #: all pairs whose cases it measured


class Versions(TypedDict, total=False):
    """The versions that `folder.write_run` adds, first in the file."""

    record: Count  #: RECORD_VERSION of the code that wrote the run
    method: Count  #: METHOD_VERSION of the code that measured it


class _OwnFacts(Versions):
    """What every run says of itself."""

    state: RunState  #: "complete" once every pass is done
    label: str  #: given by the user, or ""
    preset: str  #: its name
    start: str  #: UTC, ISO 8601
    end: str | None  #: UTC, ISO 8601; None while the run is partial
    command: str  #: makes such a run
    options: dict[str, str]  #: texts of the options that were set, by name
    suite_sha256: str | None  #: of the code that measures
    pairs_sha256: str | None  #: of the user's file of pairs
    cases_sha256: str | None  #: of the user's file of cases
    budget: BudgetFacts  #: the time it gives its cases
    thresholds: dict[str, Share]  #: by the names of THRESHOLDS
    machine: MachineFacts  #: where it was made
    ceilings: list[Ceiling]  #: the machine's own bandwidth at every tensor size of the run's ops
    floors: dict[str, Seconds]  #: by device: time of the cheapest in-place op call
    passes: list[PassRow]  #: all planned passes
    pairs: dict[str, PairFacts]  #: by name: all selected pairs
    scenarios: dict[str, ScenarioFacts]  #: by name: those among the pairs that are scenarios
    skipped: dict[str, str]  #: by name: why this torch cannot run a pair
    coverage: CoverageFacts  #: of torch's in-place names
    ceilings_left_out: list[LeftOut]  #: those that failed; older runs lack the field


class RunFacts(_OwnFacts, total=False):
    """All of `run.json`; last, what only a merged run has, and what only a run of the advisor has."""

    shards: list[ShardFacts]  #: in order
    advice: AdviceFacts  #: its answer


def unfit_fields(facts: Mapping[str, object], names: tuple[str, ...]) -> list[str]:
    """The fields among `names` that a parsed `run.json` lacks, or whose values do not fit their declaration."""
    readers = readers_of(RunFacts)

    def fits(name: str) -> bool:
        try:
            readers[name](facts[name])
        except (KeyError, ValueError):
            return False
        return True

    return [name for name in names if not fits(name)]
