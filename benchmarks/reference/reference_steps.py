"""Measures stale items by the suite's own commands, each a process of its own, and keeps what they stored.

There is no state but the stored results: an item that was interrupted is taken up by the same command.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch

from benchmarks import advise
from benchmarks.entry import run_command
from benchmarks.record.command import option_words
from benchmarks.record.versions import release
from benchmarks.record.whole_file import write_whole
from benchmarks.reference.reference_declared import SELFTEST_VERSIONS, advised_files, selftest_declared
from benchmarks.reference.reference_kept import ADVISED, kept_file, kept_runs_folder, part_facts
from benchmarks.reference.reference_parts import (
    ADVICE,
    FACTS_FILE,
    FINDINGS,
    JUDGED,
    REFERENCE,
    RUN,
    SELFTEST,
    TURNS,
    Item,
    Part,
)
from benchmarks.running.facts import suite_hash
from benchmarks.running.stored_run import is_complete_run
from benchmarks.versions.environments import interpreter_of
from benchmarks.versions.turns import run_of, take_turns

_ADVISE = Path(advise.__file__).with_name("by_path.py")
#: A kept run has none of these: they repeat the numbers of the journal.
_DUMPS = "pytest-benchmark-*.json"
_PACKED = "packed"  #: a folder next to the runs, where the copies are packed
_SPENT = "spent.json"  #: seconds that unfinished items have taken so far


class StepFailed(RuntimeError):
    """A command that did not end well; the message is one line that says how to go on."""


@dataclass(frozen=True)
class Measuring:
    """Where unfinished runs lie, the host name that is stored, what prints a line, and whether `--again` was typed."""

    out: Path
    host: str
    say: Callable[[str], object]
    again: bool = False


def measure_part(part: Part, items: Sequence[Item], where: Measuring) -> None:
    """Measure the items of one part, and keep the results. StepFailed, EnvironmentFailed, TurnFailed, one line each."""
    if part.kind == TURNS:
        options = _options(part, where)
        interpreters = {item.version: _interpreter(item, where) for item in items}
        runs = take_turns(interpreters, options, where.out, where.say)
        for run in runs:
            keep_run(run, kept_runs_folder(part), where.say)
        _clear(runs)
        return
    for item in items:
        where.say(f"{item.name}: {part.keeps}")
        _MEASURED_BY[part.kind](item, where)


def _interpreter(item: Item, where: Measuring) -> Path:
    where.say(f"torch {item.version}: its environment")
    return interpreter_of(item.version)


def _options(part: Part, where: Measuring) -> dict[str, str]:
    return {**part.options, "host": where.host}


def _measure_run(item: Item, where: Measuring) -> None:
    options, version = _options(item.part, where), release(str(torch.__version__))
    run = run_of(version, options, where.out)
    if run is None:
        _command("-m", "benchmarks", "run", *option_words(options), "--out", str(where.out), "--no-report")
    elif not is_complete_run(run):
        _command("-m", "benchmarks", "run", "--resume", str(run), "--no-report")
    run = run_of(version, options, where.out)
    if run is None or not is_complete_run(run):
        raise StepFailed(f"{item.name}: its run is not complete; the same command goes on")
    keep_run(run, kept_runs_folder(item.part), where.say)
    _clear([run])


def _clear(runs: Iterable[Path]) -> None:
    """Remove runs whose copies are kept: else measuring again would find them complete, and measure nothing."""
    for run in runs:
        shutil.rmtree(run)


def keep_run(run: Path, folder: Path, say: Callable[[str], object]) -> Path:
    """Copy a complete run to the kept ones, packed; its folder there. One that is there already stays as it is."""
    kept, packed = folder / run.name, run.parent / _PACKED / run.name
    if not kept.exists():
        shutil.rmtree(packed, ignore_errors=True)  # of a command that was stopped
        shutil.copytree(run, packed, ignore=shutil.ignore_patterns(_DUMPS))
        _command("-m", "analysis", "pack", str(packed))
        folder.mkdir(parents=True, exist_ok=True)
        shutil.move(packed, kept)
    say(f"kept: {kept}")
    return kept


def _measure_findings(item: Item, where: Measuring) -> None:
    """Kept once they are packed: until then they lie next to the unfinished runs, with the hash of the whole package.
    They are not measured again, unless that differs or `--again` was typed."""
    stored = where.out / "findings" / item.name.replace(" ", "-")
    measured_by, suite = stored.with_name(f"{stored.name}.sha256"), suite_hash(without=())
    if where.again or not measured_by.exists() or measured_by.read_text(encoding="utf-8") != suite:
        shutil.rmtree(stored, ignore_errors=True)
        with _timed(item, where):
            python = str(_interpreter(item, where))
            _command("-m", "benchmarks", item.part.name, *item.part.arguments, "--out", str(stored), python=python)
        measured_by.write_text(suite, encoding="utf-8")
    _command("-m", "analysis", "pack", str(stored))
    _remember(item, where)
    for path in sorted(stored.iterdir()):
        shutil.move(path, _ready(REFERENCE / "autograd" / path.name))
    measured_by.unlink()


def _measure_selftest(item: Item, where: Measuring) -> None:
    out = where.out / item.part.name
    if _asked_anew(item, where):
        shutil.rmtree(out, ignore_errors=True)  # else its complete runs would be found, and nothing measured
    with _timed(item, where):
        _command("-m", "benchmarks", "selftest", *item.part.arguments, "--out", str(out))
    made = out / ("gate" if item.part.arguments else "") / f"{item.part.name}.json"
    shutil.copyfile(made, _ready(kept_file(item)))
    _remember(item, where, **SELFTEST_VERSIONS, declared=selftest_declared(item.part))


def _measure_judged(item: Item, where: Measuring) -> None:
    """Kept once no mistake was found. Rows of another code, and with `--again` all rows, are judged anew."""
    rows = where.out / item.name
    judged_by, suite = rows.with_name(f"{rows.name}.sha256"), suite_hash(without=())
    if _asked_anew(item, where) or not judged_by.exists() or judged_by.read_text(encoding="utf-8") != suite:
        shutil.rmtree(rows, ignore_errors=True)
        _ready(judged_by).write_text(suite, encoding="utf-8")
    with _timed(item, where):
        words = (*item.part.arguments, "--out", str(rows), "--keep", str(rows))
        _command("-m", "benchmarks.advise_judge", *words)
    shutil.copyfile(rows / kept_file(item).name, _ready(kept_file(item)))
    _remember(item, where)


def _measure_advice(item: Item, where: Measuring) -> None:
    """In a folder that holds nothing but the step's files: so no path of this machine is stored."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, program in advised_files(item.part).items():
            (Path(scratch) / name).write_text(program, encoding="utf-8")
        words = (*item.part.arguments, "--out", str(ADVISED.absolute()), "--host", where.host)
        _done([sys.executable, str(_ADVISE), *words], f"advise {words[0]}", Path(scratch))


_MEASURED_BY = {
    RUN: _measure_run,
    FINDINGS: _measure_findings,
    SELFTEST: _measure_selftest,
    JUDGED: _measure_judged,
    ADVICE: _measure_advice,
}


def _command(*words: str, python: str = sys.executable) -> None:
    _done([python, *words], " ".join(words[1:4]))


def _done(command: Sequence[str], what: str, folder: Path | None = None) -> None:
    if status := run_command(command, folder=folder):
        raise StepFailed(f"{what} ended with status {status}; the same command goes on")


def _ready(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _asked_anew(item: Item, where: Measuring) -> bool:
    """Whether `--again` was typed and nothing was measured of it yet; else it goes on."""
    return where.again and item.name not in _read(where.out / _SPENT)


@contextmanager
def _timed(item: Item, where: Measuring) -> Iterator[None]:
    """Add the seconds within to those that the item has taken before, whether or not it ends well."""
    path = _ready(where.out / _SPENT)
    before = _read(path)
    began = time.monotonic()
    try:
        yield
    finally:
        spent = before.get(item.name, 0.0) + time.monotonic() - began
        _write(path, {**before, item.name: round(spent, 1)})


def _remember(item: Item, where: Measuring, **facts: object) -> None:
    """Store what the item's own files do not say: how long it took, and `facts`; if that was not stored already."""
    spent = _read(where.out / _SPENT)
    if item.name not in spent:
        return
    made = datetime.now(timezone.utc).isoformat(timespec="seconds")
    _write(_ready(FACTS_FILE), {**part_facts(), item.name: {"made": made, "took_s": spent.pop(item.name), **facts}})
    _write(where.out / _SPENT, spent)


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _write(path: Path, content: dict[str, Any]) -> None:
    write_whole(path, json.dumps(content, indent=1, sort_keys=True) + "\n")
