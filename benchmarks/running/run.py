"""A run: its folder, its passes, and what is already in its journal."""

import importlib.metadata
import random
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, cast

from benchmarks import record
from benchmarks.planning.looks import WidthLook, left_after
from benchmarks.planning.options import Settings
from benchmarks.record import Case, Measurement, RecordError, pass_log_speedup
from benchmarks.record.folder import append_pair, read_journal, read_journal_of, read_run, write_run
from benchmarks.record.names import HEAPS
from benchmarks.record.run_facts import PassRow, RunFacts, unfit_fields
from benchmarks.record.versions import release
from benchmarks.running.heaps import heap_of, needs_fresh_blocks

RUNS = Path("results/runs")
MEMORY_PASS = 0

#: Heaps whose passes may take a GPU's cases. `fresh` is not among them: it slows down the calls of the host.
WITH_A_GPU = ("retained", "inherited")


class RunError(ValueError):
    """A run that cannot be made or continued; the message is one line."""


@dataclass(frozen=True)
class Pass:
    """One fresh process over all cases of its heap. Pass 0 verifies and measures memory."""

    pass_number: int
    kind: str
    allocator: str

    @classmethod
    def from_row(cls, row: PassRow) -> "Pass":
        """Return the pass of a row in run.json."""
        return cls(row["pass_number"], row["kind"], row["allocator"])

    def covers(self, case: Case) -> bool:
        """Return whether this pass covers a case: the memory pass covers every case, a timed pass those of its heap."""
        if case.allocator == "caching":
            return self.kind == "memory" or self.allocator in WITH_A_GPU
        return self.kind == "memory" or self.allocator == heap_of(case)

    def order(self, cases: Sequence[Case], run_start: str | None) -> list[Case]:
        """Return the cases in the random order of this pass of this run. Those that need fresh blocks come first."""
        order = random.Random(f"order of pass {self.pass_number} of {run_start}").sample(cases, len(cases))
        return sorted(order, key=needs_fresh_blocks, reverse=True)


def plan_passes(cases: Sequence[Case], passes: int) -> list[Pass]:
    """Return the passes of a run: a memory pass, then `passes` timed passes per heap that its cases need.

    The timed passes alternate between heaps, so that slow drift affects all heaps alike.
    """
    found = {heap_of(case) for case in cases}
    heaps = [name for name in HEAPS if name in found]
    if "caching" in found and not found.intersection(WITH_A_GPU):
        heaps.insert(0, WITH_A_GPU[0])
    timed = [heap for _ in range(passes) for heap in heaps]
    return [
        Pass(MEMORY_PASS, "memory", "fresh"),
        *(Pass(number, "time", heap) for number, heap in enumerate(timed, start=1)),
    ]


class Run:
    """An open run folder. `facts` is what run.json holds. The journal is read once, then appended to."""

    def __init__(self, folder: Path, facts: RunFacts, for_pass: int | None = None) -> None:
        """`for_pass`: only what this pass needs is read of the journal, which grows with each pass."""
        self.folder = folder
        self.facts = facts
        self.interrupted = False  #: whether the user stopped it before all was measured
        self._read_journal(None if for_pass is None else self._needed_by(for_pass))

    @classmethod
    def open(cls, folder: Path, for_pass: int | None = None) -> "Run":
        """Open a stored run, to do one of its passes if that is given.

        RecordError if the folder holds no run that can be read.
        """
        return cls(folder, read_run(folder), for_pass)

    @classmethod
    def create(cls, folder: Path, facts: RunFacts) -> "Run":
        """Make a new run folder with its run.json. OSError if that cannot be written."""
        folder.mkdir(parents=True)
        run = cls(folder, facts)
        run.save()
        return run

    def reread(self) -> None:
        """Read run.json and the journal again, after another process wrote into them."""
        self.reread_facts()
        self._read_journal()

    def reread_facts(self) -> None:
        """Read run.json again. If a measured callable deleted or damaged it, write it again."""
        try:
            self.facts = read_run(self.folder)
        except RecordError:
            self.save()

    def _needed_by(self, number: int) -> set[int]:
        """Return the passes whose measurements a pass needs: its own, those that verify, those that `takes` asks."""
        before, look = self._passes_before(self.planned_pass(number))
        return {MEMORY_PASS, number, *(before if look == len(before) else before[-1:] if look else ())}

    def _read_journal(self, passes: set[int] | None = None) -> None:
        self.stored: dict[tuple[Case, str, int], tuple[Measurement, Measurement]] = {}
        self._failures: dict[Case, tuple[Measurement, Measurement]] = {}
        self._verified: set[Case] = set()
        for pair in read_journal(self.folder) if passes is None else read_journal_of(self.folder, passes):
            self._remember(*pair)

    def save(self, **changes: Any) -> None:
        """Write run.json with some facts changed. ValueError for a fact that could not be read back."""
        if unfit := unfit_fields(changes, tuple(changes)):
            raise ValueError(f"run.json cannot hold {unfit[0]!r}: {changes[unfit[0]]!r}")
        self.facts = cast(RunFacts, {**self.facts, **changes})
        write_run(self.folder, self.facts)

    def append(self, outofplace: Measurement, inplace: Measurement) -> None:
        """Store both measurements of a case."""
        append_pair(self.folder, outofplace, inplace)
        self._remember(outofplace, inplace)

    def find(self, case: Case, current: Pass) -> tuple[Measurement, Measurement] | None:
        """Return a case's measurements of this pass, or else of a pass in which it failed; None if there are none."""
        return self.stored.get((case, current.kind, current.pass_number)) or self._failures.get(case)

    def planned_pass(self, number: int) -> Pass:
        """Return the planned pass with this number. StopIteration if there is none."""
        return next(Pass.from_row(row) for row in self.facts["passes"] if row["pass_number"] == number)

    def takes(self, current: Pass, case: Case) -> bool:
        """Return whether a pass measures a case: it covers it, and no look before it found the interval narrow.

        A scenario may have fewer passes than the run. Passes between two looks have the same cases.
        """
        if not current.covers(case) or (case.scale and not self._is_for_scenarios(current)):
            return False
        before, look = self._passes_before(current)
        if not look:
            return True
        if look < len(before):
            return case in self._failures or (case, current.kind, before[-1]) in self.stored
        rows = [self.stored.get((case, current.kind, number)) for number in before]
        values = [pass_log_speedup(row[0].times_s, row[1].times_s) if row else None for row in rows]
        return left_after(values, self._looks()) is None

    def lost_its_cases_before(self, current: Pass) -> bool:
        """Return whether a pass of this kind and heap before it had no case: passes lose cases, and gain none."""
        numbers, _ = self._passes_before(current)
        before = (row for row in self.facts["passes"] if row["pass_number"] in numbers)
        return any(row["state"] == "done" and row.get("cases") == 0 for row in before)

    def _is_for_scenarios(self, current: Pass) -> bool:
        passes = self.facts["budget"].get("scenario_passes")
        return current.kind != "time" or passes is None or current.pass_number in self._passes_like(current)[:passes]

    def _looks(self) -> list[WidthLook]:
        return [WidthLook(**each) for each in self.facts["budget"].get("looks", ())]

    def _passes_before(self, current: Pass) -> tuple[list[int], int]:
        """Return the numbers of the timed passes of the same heap before `current`, and after how many of them the last
        look was; 0: after none."""
        like = self._passes_like(current) if current.kind == "time" else [current.pass_number]
        before = like[: like.index(current.pass_number)]
        return before, max((look.passes for look in self._looks() if look.passes <= len(before)), default=0)

    def counts_faults(self, current: Pass) -> bool:
        """Return whether a pass counts page faults: it inherits its heap, or is the first of its kind and heap."""
        return current.allocator == "inherited" or current.pass_number == self._passes_like(current)[0]

    def _passes_like(self, current: Pass) -> list[int]:
        """Return the numbers of the passes of the same kind and heap, in order."""
        like = (current.kind, current.allocator)
        return [row["pass_number"] for row in self.facts["passes"] if (row["kind"], row["allocator"]) == like]

    def lacking(self) -> dict[int, int]:
        """Return how many cases are missing per pass that is marked as done; complete passes are left out.

        A case is missing if the journal was cut, or if the case left no row.
        """
        rows = {row["pass_number"]: row for row in self.facts["passes"] if row["state"] == "done"}
        counts = {number: row.get("cases", 0) - self._measured(Pass.from_row(row)) for number, row in rows.items()}
        return {number: count for number, count in counts.items() if count > 0}

    def _measured(self, current: Pass) -> int:
        own = {case for case, *of_pass in self.stored if of_pass == [current.kind, current.pass_number]}
        return len(own | {case for case in self._failures if self.takes(current, case)})

    def verified(self, case: Case) -> bool:
        """Return whether a pass of this run has shown that the two variants of a case agree."""
        return case in self._verified

    def _remember(self, outofplace: Measurement, inplace: Measurement) -> None:
        case = outofplace.case
        self.stored[case, outofplace.kind, outofplace.pass_number] = (outofplace, inplace)
        if outofplace.state != record.OK:
            self._failures[case] = (outofplace, inplace)
        elif outofplace.verified:
            self._verified.add(case)


def new_folder(parent: Path, settings: Settings, host: str) -> Path:
    """Return a free folder for a new run: PARENT/<UTC time>-<host>-torch<version>[-<label>][-shard<i>of<n>].

    Such names sort by time. The folder is not made.
    """
    shard = f"shard{settings.shard.number}of{settings.shard.count}" if settings.shard else ""
    name = _folder_name(datetime.now(timezone.utc), host, importlib.metadata.version("torch"), settings.label, shard)
    return free_folder(parent, name)


def free_folder(parent: Path, name: str) -> Path:
    """Return `parent / name` if nothing is there, or else the first free one of `name-2`, `name-3`, ..."""
    folder = parent / name
    number = 2
    while folder.exists():
        folder = parent / f"{name}-{number}"
        number += 1
    return folder


def run_name(facts: RunFacts) -> str:
    """Return the name of a run's folder, made from its facts: <UTC time>-<host>-torch<version>[-<label>]."""
    machine, start = facts["machine"], datetime.fromisoformat(facts["start"])
    return _folder_name(start, machine["host"] or "host", machine["torch_version"], facts["label"])


def _folder_name(start: datetime, host: str, torch_version: str, *more: str) -> str:
    parts = (start.strftime("%Y%m%dT%H%M%SZ"), host, f"torch{release(torch_version)}", *more)
    return "-".join(part for part in parts if part)


def how_to_finish(folder: Path) -> str:
    """Return a line for the user: the command that finishes a partial run."""
    return f"{folder} is partial; finish it with: make bench RESUME={shlex.quote(str(folder))}"
