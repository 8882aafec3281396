"""The finished shards on disk, and the runs that are merged from them. Each is written once, completely or not at all.

These files are the only state: a shard that is here is done, also if the command that stored it was killed.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.fleet.fleet_engine import remove_shard_text
from benchmarks.fleet.schedule import Job
from benchmarks.record import RecordError
from benchmarks.record.folder import read_run
from benchmarks.record.machine_kind import machine_kind
from benchmarks.record.versions import release
from benchmarks.running.merge import merge, why_apart
from benchmarks.running.run import Run


class NotTheShard(ValueError):
    """Files that are not the complete run of their shard; the message is one line."""


class UnlikeMachine(ValueError):
    """A shard that cannot be merged with the kept ones: its machine is of another kind. The message is one line."""


class KeptShards:
    """The shards and merged runs under one folder."""

    def __init__(self, out: Path) -> None:
        self._out = out

    def folder(self, job: Job) -> Path:
        """Return the folder where the run of a shard is kept."""
        return self._out / "shards" / job.run / job.shard.replace("/", "of")

    def done(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the jobs whose shard is kept."""
        return [job for job in jobs if (self.folder(job) / "run.json").is_file()]

    def keep(self, job: Job, files: Mapping[str, bytes]) -> None:
        """Store the files of a shard (`<run>/<file>`: content); nothing if it is kept already.

        NotTheShard if the files are not its complete run, UnlikeMachine if they do not belong to the kept shards of
        this run. Then nothing is kept.
        """
        place = self.folder(job)
        if place.exists():
            return
        unfinished = place.with_name(f".{place.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)  # of a killed command
        unfinished.mkdir(parents=True)
        for name, content in files.items():
            if len(PurePosixPath(name).parts) != 2 or ".." in PurePosixPath(name).parts:
                raise NotTheShard(f"its machine sent a file called {name!r}")
            (unfinished / PurePosixPath(name).name).write_bytes(content)
        _check_is_shard(unfinished, job)
        self._check_is_like_the_others(unfinished, job)
        unfinished.rename(place)

    def kind(self, job: Job) -> tuple[dict[str, Any], str]:
        """Return the machine's kind of the kept shards of this run, and the path of the shard that has it.

        Both are empty if no shard of this run is kept.
        """
        first = self._first(job)
        return (machine_kind(read_run(first)), str(first)) if first else ({}, "")

    def _first(self, job: Job) -> Path | None:
        return min(self.folder(job).parent.glob(f"[0-9]*of{job.count}"), default=None)

    def _check_is_like_the_others(self, folder: Path, job: Job) -> None:
        if (other := self._first(job)) is None:
            return
        if why := why_apart(other, read_run(other), read_run(folder)):
            raise UnlikeMachine(f"{why}; {remove_shard_text(other)}")

    def merged(self, run: str, jobs: Sequence[Job], gaps: Mapping[int, str]) -> Path | None:
        """Return the run that these shards make, merged now or before; None if none of them is kept.

        `gaps`: number and reason of the shards that are given up, whose numbers are in the name of the run. RunError or
        RecordError, as from `merge`, if the shards do not make a run.
        """
        here = [self.folder(job) for job in jobs if job.number not in gaps]
        if not here:
            return None
        without = f"-without-{'-'.join(map(str, sorted(gaps)))}" if gaps else ""
        target = self._out / f"{run}{without}"
        return target if target.exists() else merge(here, target, gaps)


def _check_is_shard(folder: Path, job: Job) -> None:
    try:
        run = Run.open(folder)
    except RecordError as error:
        raise NotTheShard(f"its machine sent what is no run: {error}") from None
    facts, version = run.facts, release(str(run.facts["machine"].get("torch_version") or ""))
    wanted = {"shard": (facts["options"].get("shard"), job.shard), "torch": (version, job.version)}
    for name, (found, expected) in wanted.items():
        if found != expected:
            raise NotTheShard(f"its machine sent {name} {found}, not {expected}")
    if facts["state"] != "complete" or run.lacking():
        raise NotTheShard("its machine sent a run that is not complete")
