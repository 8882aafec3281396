"""The short self-test: checks on a device what the instrument assumes about it, in about a minute.

Each answer is stored at once, so that the same command goes on where it was stopped. An assumption that did not hold is
checked again.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.record.reason import typed_line
from benchmarks.record.regular_file import read_text
from benchmarks.record.whole_file import write_whole

HOLDS, FAILS, NOT_CHECKED = ANSWERS = ("holds", "fails", "not checked")


@dataclass(frozen=True)
class CheckAnswer:
    """The answer for one assumption: one of ANSWERS, and what was seen, or why it was not checked."""

    answer: str
    seen: str


class NotCheckedError(RuntimeError):
    """An assumption cannot be checked here; the message says why."""


@dataclass(frozen=True)
class Check:
    """One assumption. `ask` returns whether it holds and what was seen, or raises NotCheckedError."""

    name: str
    assumes: str
    ask: Callable[[], tuple[bool, str]]


def run_checks(checks: Sequence[Check], file: Path, facts: Mapping[str, str], say: Callable[[str], object]) -> bool:
    """Run the checks that `file` does not answer yet, and give `say` a line per check. Returns whether none fails.

    `facts` (device, torch) say what the answers are for: stored answers with other facts are ignored. OSError if `file`
    cannot be written.
    """
    known = _read(file, facts)
    for check in checks:
        if check.name not in known:
            began = time.perf_counter()
            known[check.name] = _answer(check)
            _write(file, facts, known)
            spent = f"{time.perf_counter() - began:.1f} s"
        else:
            spent = "stored"
        answer = known[check.name]
        say(f"{answer.answer + ':':12} {check.assumes}: {answer.seen} [{spent}]")
    answers = [known[check.name].answer for check in checks]
    say(", ".join(f"{answers.count(answer)} {answer}" for answer in ANSWERS))
    return FAILS not in answers


def _answer(check: Check) -> CheckAnswer:
    try:
        holds, seen = check.ask()
    except NotCheckedError as error:
        return CheckAnswer(NOT_CHECKED, str(error))
    except Exception as error:  # any error of a check is a finding, and the next check still runs
        return CheckAnswer(FAILS, typed_line(error))
    return CheckAnswer(HOLDS if holds else FAILS, seen)


def _read(file: Path, facts: Mapping[str, str]) -> dict[str, CheckAnswer]:
    """Return the checks that an earlier command found to hold, with the same facts; empty if none can be read."""
    try:
        stored = json.loads(read_text(file))
        if stored["facts"] != dict(facts):
            return {}
        return {name: CheckAnswer(**row) for name, row in stored["answers"].items() if row["answer"] == HOLDS}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # with any damage of the file, the checks run
        return {}


def _write(file: Path, facts: Mapping[str, str], known: Mapping[str, CheckAnswer]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"facts": dict(facts), "answers": {name: asdict(answer) for name, answer in known.items()}}
    write_whole(file, json.dumps(content, indent=1) + "\n")
