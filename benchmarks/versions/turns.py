"""One pass of each version after the other, so that a drift of the machine affects all versions alike.

Nothing is stored but the runs: the same command, typed again, goes on with those that are partial.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.entry import run_command
from benchmarks.record.command import option_words
from benchmarks.record.run_facts import RunFacts
from benchmarks.record.versions import release
from benchmarks.running.facts import suite_hash
from benchmarks.running.stored_run import is_complete_run, newest_stored_run, passes_done


class TurnFailed(RuntimeError):
    """A pass that failed or stored nothing. The message says how to go on."""


def take_turns(
    interpreters: Mapping[str, Path], options: Mapping[str, str], out: Path, say: Callable[[str], object]
) -> list[Path]:
    """Measure a run per version under `out`, one pass in turn, and return the folders of the complete runs.

    `interpreters`: by version; the runs have their order. `options`: texts as a run stores them. `say` gets a line per
    pass. TurnFailed if a version's command fails; stored passes stay.
    """
    while left := [version for version in interpreters if not is_complete_run(run_of(version, options, out))]:
        for version in left:
            run = run_of(version, options, out)
            what = [*option_words(options), "--out", str(out)] if run is None else ["--resume", str(run)]
            command = [str(interpreters[version]), "-m", "benchmarks", "run", *what]
            say(f"torch {version}: {_how_far(run)}")
            before, _ = passes_done(run)
            status = run_command([*command, "--stop-after", "1", "--no-report"])
            if status:
                raise TurnFailed(f"torch {version}: its run ended with status {status}; the same command goes on")
            if passes_done(run_of(version, options, out))[0] <= before:
                raise TurnFailed(f"torch {version}: {interpreters[version]} stored no pass of that version under {out}")
    return [run for version in interpreters if (run := run_of(version, options, out)) is not None]


def run_of(version: str, options: Mapping[str, str], out: Path) -> Path | None:
    """Return the newest run under `out` of this version, these options and today's suite; None if there is none."""

    today = suite_hash()

    def fits(facts: RunFacts) -> bool:
        torch = release(str(facts["machine"].get("torch_version") or ""))
        return facts.get("suite_sha256") == today and torch == version and facts.get("options") == options

    return newest_stored_run(out, fits)


def _how_far(run: Path | None) -> str:
    done, count = passes_done(run)
    return "its first pass" if run is None else f"pass {done + 1} of {count}"
