"""`run.json`: what a run says of itself, one line a field. A TypedDict an object; fields in the order they are stored.

`total=False`: fields that come later, or that not every run has. Runs of record version 1 have no `scenarios`; the
first of them no `suite_sha256` and `cases_sha256` either. So a reader asks for what it uses and trusts nothing.
"""

from collections.abc import Mapping
from typing import Any, TypedDict

from benchmarks.record.checking import readers_of
from benchmarks.record.field_types import Bytes, BytesPerSecond, Count, Seconds, Share
from benchmarks.record.machine_facts import MachineFacts
from benchmarks.record.names import Heap, PassKind, PassState, RunState


class FirstBudget(TypedDict):
    """What every run says of the time it gives its cases."""

    passes: Count  #: timed passes of each heap regime
    seconds: Seconds  #: rounds of one case in one pass, for which none of the others speaks
    precision: Share  #: half-width of a case's interval within a pass at which its rounds stop early


class BudgetFacts(FirstBudget, total=False):
    """The time a run gives its cases. Older runs have one time for ops and scenarios, the oldest for all devices."""

    gpu_seconds: Seconds  #: rounds of one case in one pass on a GPU
    scenario_seconds: Seconds  #: rounds of one case of a scenario in one pass on a CPU
    narrow: Share  #: half-width of a case's interval over its first six passes at which it is in no more of them


class CeilingPlace(TypedDict):
    """Where bandwidth is measured."""

    device: str  #: as torch writes it
    threads: Count  #: torch's, within an op
    tensor_bytes: Bytes  #: of one tensor


class Ceiling(CeilingPlace):
    """Bandwidth at one tensor size, read and written bytes counted."""

    copy_bytes_per_s: BytesPerSecond  #: a copy to another tensor
    inplace_write_bytes_per_s: BytesPerSecond  #: a write in place


class LeftOut(CeilingPlace):
    """A ceiling, or with one element a floor, that could not be measured."""

    reason: str  #: why


class PlannedPass(TypedDict):
    """A pass from the start: one fresh process over its cases."""

    pass_number: Count  #: 0 verifies and measures memory
    kind: PassKind  #: what it measures
    allocator: Heap  #: of its process
    state: PassState  #: "done" once every case of it is stored


class PassRow(PlannedPass, total=False):
    """A pass; what is known at its end comes last. A pass started through pytest by hand has no times."""

    cases: Count  #: how many it covers
    startup_s: Seconds  #: from the start of its processes to their first case
    wall_s: Seconds  #: all of it


class _CodeFacts(TypedDict):
    family: str  #: pairs that share inputs and axes
    outofplace: str  #: its code
    inplace: str  #: its code
    domain: str  #: what its input's values are drawn from; "" for a scenario
    note: str  #: how it is made fair, or what it shows; ""


class PairFacts(_CodeFacts, total=False):
    """A pair that the run measured, a scenario included. Older runs tell no labels."""

    labels: list[str]  #: what its two variants are called; left out where they are out-of-place and in-place


class ScenarioFacts(TypedDict):
    """What a scenario declares beside its code."""

    topic: str  #: the topic that declares it, or "user"
    practice: str  #: one sentence: what people do, and where
    axis: str  #: what its scale counts
    scales: list[Count]  #: the usual one first
    gpu_scales: list[Count]  #: on a GPU; empty: the same
    tolerance: Share | None  #: by what share of the largest magnitude both variants may differ; None: not compared
    update_alone: bool  #: its inference is an optimizer's update
    expects: list[dict[str, Any]]  #: `kind`, a word of EXPECTED, and the fields of that class


class Excuse(TypedDict):
    """Why an in-place name is not measured."""

    kind: str  #: the reason, shared by many
    about: str  #: what it says about this name


class CoverageFacts(TypedDict, total=False):
    """The in-place names of the run's torch, each in one of three; empty for a run of a user's pairs alone."""

    torch: str  #: its version, without the build
    measured: list[str]  #: by some pair of the catalogue, selected or not
    excused: dict[str, Excuse]  #: by name
    missing: list[str]  #: neither


class ShardFacts(TypedDict):
    """A shard of a merged run: what of it was measured where, and when."""

    shard: str  #: "2/5"
    run: str  #: the name of its folder
    host: str | None  #: its machine's name
    start: str  #: UTC, ISO 8601
    end: str | None  #: UTC, ISO 8601
    pairs: list[str]  #: all whose cases it measured


class Versions(TypedDict, total=False):
    """What `folder.write_run` adds, first in the file."""

    record: Count  #: RECORD_VERSION of the code that wrote it
    method: Count  #: METHOD_VERSION of the code that measured


class MergedFacts(Versions, total=False):
    """What only a run has that `merge` made."""

    shards: list[ShardFacts]  #: in order


class RunFacts(MergedFacts):
    """All of `run.json`."""

    state: RunState  #: "complete" once every pass is done
    label: str  #: the user's, or ""
    preset: str  #: its name
    start: str  #: UTC, ISO 8601
    end: str | None  #: UTC, ISO 8601; None while the run is partial
    command: str  #: that makes such a run
    options: dict[str, str]  #: texts of the options that were set, by name
    suite_sha256: str | None  #: of the code that measures
    pairs_sha256: str | None  #: of the user's file of pairs
    cases_sha256: str | None  #: of the user's file of cases
    budget: BudgetFacts  #: the time it gives its cases
    thresholds: dict[str, Share]  #: by the names of THRESHOLDS
    machine: MachineFacts  #: where it was made
    ceilings: list[Ceiling]  #: the machine's own bandwidth at every tensor size of the run's ops
    floors: dict[str, Seconds]  #: by device: the cheapest in-place call of an op
    passes: list[PassRow]  #: all that are planned
    pairs: dict[str, PairFacts]  #: by name: all that were selected
    scenarios: dict[str, ScenarioFacts]  #: by name: those among them that are scenarios
    skipped: dict[str, str]  #: by name: why this torch cannot run a pair
    coverage: CoverageFacts  #: of torch's in-place names
    ceilings_left_out: list[LeftOut]  #: those that failed; older runs do not have it


def unfit_fields(facts: Mapping[str, object], names: tuple[str, ...]) -> list[str]:
    """Of the fields `names` of a parsed `run.json`, those that are missing or hold something else than declared."""
    readers = readers_of(RunFacts)

    def fits(name: str) -> bool:
        try:
            readers[name](facts[name])
        except (KeyError, ValueError):
            return False
        return True

    return [name for name in names if not fits(name)]
