"""One pass of each version after the other: a drift of the machine affects all versions alike.

There is no state but the stored runs: the same command, typed again, goes on with those that are partial.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.entry import run_command
from benchmarks.record import RecordError
from benchmarks.record.command import option_words
from benchmarks.record.folder import read_run
from benchmarks.record.versions import release
from benchmarks.running.facts import suite_hash


class TurnFailed(RuntimeError):
    """A pass that did not end well; the message says how to go on."""


def take_turns(
    interpreters: Mapping[str, Path], options: Mapping[str, str], out: Path, say: Callable[[str], object]
) -> list[Path]:
    """The complete runs of all versions, in the order of `interpreters` (by version), stored under `out`.

    `options`: texts as a run stores them. TurnFailed where a version's command fails; what is stored stays.
    """
    while left := [version for version in interpreters if not _is_complete(run_of(version, options, out))]:
        for version in left:
            run = run_of(version, options, out)
            what = [*option_words(options), "--out", str(out)] if run is None else ["--resume", str(run)]
            command = [str(interpreters[version]), "-m", "benchmarks", "run", *what]
            say(f"torch {version}: {_how_far(run)}")
            before = _passes_done(run)
            status = run_command([*command, "--stop-after", "1", "--no-report"])
            if status:
                raise TurnFailed(f"torch {version}: its run ended with status {status}; the same command goes on")
            if _passes_done(run_of(version, options, out)) <= before:
                raise TurnFailed(f"torch {version}: {interpreters[version]} stored no pass of that version under {out}")
    return [run for version in interpreters if (run := run_of(version, options, out)) is not None]


def run_of(version: str, options: Mapping[str, str], out: Path) -> Path | None:
    """The newest run under `out` of this version, these options and today's suite; None where there is none."""
    for run in sorted(out.glob("2*"), reverse=True) if out.is_dir() else ():
        try:
            facts = read_run(run)
        except RecordError:
            continue
        is_today = facts.get("suite_sha256") == suite_hash()
        measured = str(facts["machine"].get("torch_version") or "")
        if is_today and release(measured) == version and facts.get("options") == options:
            return run
    return None


def _is_complete(run: Path | None) -> bool:
    return run is not None and read_run(run)["state"] == "complete"


def _how_far(run: Path | None) -> str:
    return "its first pass" if run is None else f"pass {_passes_done(run) + 1} of {len(read_run(run)['passes'])}"


def _passes_done(run: Path | None) -> int:
    return 0 if run is None else sum(row["state"] == "done" for row in read_run(run)["passes"])
