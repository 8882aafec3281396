"""Kills processes of runs with -9 at random points, finishes the runs, and counts what is lost or measured twice.

    python -m tests.running.kills 100 [--seed 1]

prints the counts. Runs follow each other until there were that many kills; each is finished in the end.
"""

import argparse
import contextlib
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.record import OK, Measurement, strict_json
from benchmarks.record.folder import JOURNAL_FILE, RUN_FILE, read_run
from tests.support import pair_files
from tests.support.commands import LIMIT_S, start_bench
from tests.support.stored import options, planned, stored

SUPERVISOR, WORKER, BOTH = VICTIMS = ("supervisor", "worker", "both")
#: The longest delay of a kill after the line of the journal that it waits for. A case of these runs takes less.
LATEST_S = 0.1
#: Begins a command, as `start_bench` does.
Start = Callable[..., Any]
#: Exit statuses of a finished run: nothing to resume, and nothing went wrong.
DONE = 0


@dataclass(frozen=True)
class Kill:
    """A kill: its victim, the number of journal lines after the previous kill, and the delay after these."""

    victim: str
    lines: int
    delay_s: float


def planned_kills(count: int, seed: int) -> list[Kill]:
    """Kills at random points: while processes start, between cases, within them, in the middle of a line."""
    chance = random.Random(seed)
    return [
        Kill(chance.choice(VICTIMS), chance.randrange(2 * pair_files.COUNT), chance.uniform(0, LATEST_S))
        for _ in range(count)
    ]


@dataclass
class Outcome:
    """Counts of the cases of some runs."""

    kills: Counter[str] = field(default_factory=Counter)  #: kills by victim
    runs: int = 0
    finished: int = 0  #: cases in a pass that were finished before some kill
    lost: list[object] = field(default_factory=list)  #: of these, those that are missing or changed in the end
    twice: list[object] = field(default_factory=list)  #: cases in a pass that were measured twice
    missing: list[object] = field(default_factory=list)  #: cases missing without a kill that explains it
    foreign: list[object] = field(default_factory=list)  #: cases that an undisturbed run does not store
    ended: int = 0  #: cases that the kill of a worker ended, each with a row that says so

    @property
    def unharmed(self) -> bool:
        return not (self.lost or self.twice or self.missing or self.foreign)


class KilledRun:
    """One run that is killed and resumed."""

    def __init__(self, scratch: Path, start: Start) -> None:
        self._scratch, self._begin = scratch, start
        self._pairs = scratch / "honest.py"
        scratch.mkdir(parents=True)
        self._pairs.write_text(pair_files.honest(pair_files.COUNT))
        self._process: Any = None
        self._known: dict[object, str] = {}  #: lines of cases that were finished before some kill

    def strike(self, kill: Kill) -> bool:
        """Kills at its time; returns whether there was anything left to kill."""
        if self._process is None and not self._start():
            return False
        process, before = self._process, _lines(self._journal)
        while process.poll() is None and _lines(self._journal) < before + kill.lines:
            time.sleep(0.001)
        time.sleep(kill.delay_s)
        while kill.victim == WORKER and not _children(process) and process.poll() is None:
            time.sleep(0.001)  # no worker has started yet: else a run that begins with this kill never ends
        workers = _children(process)
        victims = [*(workers if kill.victim != SUPERVISOR else []), *([process] if kill.victim != WORKER else [])]
        if process.poll() is not None or not victims:
            return self._ended(process) and self.strike(kill)
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
        if process in victims:
            process.communicate(timeout=LIMIT_S)
            _, alive = psutil.wait_procs(workers, timeout=LIMIT_S)
            assert not alive, "a worker ends with its supervisor"
            self._process = None
        self._known |= dict(_finished(self._journal))
        return True

    def finish(self, outcome: Outcome) -> None:
        """Resumes to the end, and counts the cases."""
        while self._process is not None or self._start():
            self._ended(self._process)
        folder = self._folder
        assert folder is not None and read_run(folder)["state"] == "complete"
        lines = _finished(self._journal)
        counts, end = Counter(key for key, _ in lines), dict(lines)
        failed = {out.case for out, _ in stored(folder).values() if out.state != OK}
        assert all("SIGKILL" in out.reason for out, _ in stored(folder).values() if out.state != OK)
        outcome.runs += 1
        outcome.finished += len(self._known)
        outcome.ended += len(failed)
        outcome.lost += [key for key, text in self._known.items() if end.get(key) != text]
        outcome.twice += [key for key, count in counts.items() if count > 1]
        outcome.missing += [key for key in planned(folder) - end.keys() if key[0] not in failed]
        outcome.foreign += [*(end.keys() - planned(folder))]

    @property
    def _folder(self) -> Path | None:
        """The run's folder, as soon as the run can be resumed."""
        return next((file.parent for file in (self._scratch / "runs").glob(f"*/{RUN_FILE}")), None)

    @property
    def _journal(self) -> Path:
        return (self._folder or self._scratch) / JOURNAL_FILE

    def _start(self) -> bool:
        """Begins or resumes; False where it is complete."""
        folder = self._folder
        if folder is not None and read_run(folder)["state"] == "complete":
            return False
        begin = options(self._pairs, self._scratch / "runs", "--passes", "1")
        words = begin if folder is None else ("run", "--resume", str(folder), "--no-report")
        self._process = self._begin(*words, scratch=self._scratch)
        return True

    def _ended(self, process: Any) -> bool:
        """Waits for a process that is not killed; returns whether anything is left to resume."""
        _, said = process.communicate(timeout=LIMIT_S)
        self._process = None
        # A worker that is killed before its first case ends the command, which says how to finish the run.
        assert process.returncode == DONE or "finish it with: make bench RESUME=" in said, said
        return process.returncode != DONE


def experiment(kills: Sequence[Kill], scratch: Path, start: Start = start_bench) -> Outcome:
    """Kills in one run after another, and finishes each. `start`: begins `python -m benchmarks ...`."""
    outcome = Outcome()
    runs = _runs(scratch, start)
    run = next(runs)
    for kill in kills:
        while not run.strike(kill):
            run.finish(outcome)
            run = next(runs)
        outcome.kills[kill.victim] += 1
    run.finish(outcome)
    return outcome


def _runs(scratch: Path, start: Start) -> Iterator[KilledRun]:
    number = 0
    while True:
        number += 1
        yield KilledRun(scratch / str(number), start)


def _children(process: Any) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children()
    except psutil.NoSuchProcess:
        return []


def _lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def _finished(journal: Path) -> list[tuple[object, str]]:
    """(case, kind, pass) and the text of every complete pair of lines, not only the last of each case."""
    pairs, before = [], None
    for line in journal.read_text().split("\n") if journal.exists() else ():
        try:
            made = Measurement.from_row(strict_json.loads(line))
        except ValueError:  # torn by a kill
            before = None
            continue
        key = (made.case, made.kind, made.pass_number)
        if before is not None and before[0] == key:
            pairs.append((key, before[1] + line))
        before = (key, line) if made.variant == "outofplace" else None
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        outcome = experiment(planned_kills(asked.count, asked.seed), Path(scratch) / "kills")
    kills = ", ".join(f"{count} of the {victim}" for victim, count in sorted(outcome.kills.items()))
    print(f"{outcome.kills.total()} kills ({kills}) in {outcome.runs} runs, all finished")
    print(f"{outcome.finished} cases were finished before a kill: {len(outcome.lost)} lost")
    print(f"measured twice: {len(outcome.twice)}")
    print(f"missing: {len(outcome.missing)}, foreign: {len(outcome.foreign)}; ended by a kill: {outcome.ended}")
    for case in (*outcome.lost, *outcome.twice, *outcome.missing, *outcome.foreign):
        print(case)


if __name__ == "__main__":
    main()
