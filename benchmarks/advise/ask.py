"""The question put to a process of its own, and the patch proved in another: nothing of the user's code runs here."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.advise.observe import Observed
from benchmarks.advise.question import DO, Question
from benchmarks.advise.scratch import TooManyFiles, in_scratch
from benchmarks.advise.step_times import NotTimed, time_steps, times_json
from benchmarks.process import COMPILE_HERE, Hung, child_process
from benchmarks.record.interval import FASTER, SLOWER

_ROOT = str(Path(__file__).resolve().parents[2])
#: The process's program: this suite first on the path, however the user's folders are named.
_PROGRAM = f"import sys; sys.path[0:1] = [{_ROOT!r}]; from benchmarks.advise.worker import main; main(sys.argv[1:])"


#: Beside a trial itself, what may pass until its process sends something.
_BESIDE_S = 60.0


class Refused(RuntimeError):
    """The steps cannot be had or executed; the message is one line."""


def ask(question: Question, tell: Callable[[str], None], time_limit_s: float = 0.0) -> dict[str, Any]:
    """The answer, its patch proved and timed. Refused where there is none. `tell` gets what goes on meanwhile.

    `time_limit_s`: for all times together; 0: nothing is timed.
    """
    began = time.monotonic()
    answer = _asked(question, "answer")
    texts, observed, quicker = (answer.pop(name) for name in ("texts", "observed", "quicker"))
    answer |= {"proved": None, "times": None, "times_note": None, "threads_used": torch.get_num_threads()}
    with TemporaryDirectory(prefix="advise-") as folder:
        if quicker is not None and time_limit_s:
            tell("timing what is in place, and copied first, out of place")
            patched = replace(question, patched=tuple(_written(quicker["texts"], Path(folder))))
            answer |= _timed(patched, time_limit_s, tell)
            if take_if_quicker(answer, quicker):
                texts = quicker["texts"]
        if answer["sets"]["do"]:
            tell("proving the patch in a fresh process")
            patched = replace(question, patched=tuple(_written(texts, Path(folder))))
            answer["proved"] = _prove(patched, observed, answer)
            if answer["proved"] and time_limit_s and answer["times"] is None:
                answer |= _timed(patched, time_limit_s, tell)
    answer["seconds"] = time.monotonic() - began
    return answer


def _timed(patched: Question, limit_s: float, tell: Callable[[str], None]) -> dict[str, Any]:
    try:
        return {"times": times_json(time_steps(patched, limit_s, tell), patched.names), "times_note": None}
    except NotTimed as error:
        return {"times": None, "times_note": str(error)}


def take_if_quicker(answer: dict[str, Any], quicker: dict[str, Any]) -> bool:
    """Whether a step became faster, and none slower: then these are `do`. Else nothing was timed that is to be done."""
    verdicts = [each["verdict"] for each in answer["times"] or ()]
    is_quicker = FASTER in verdicts and SLOWER not in verdicts
    for number in quicker["decisions"]:
        decision = answer["decisions"][number]
        if is_quicker:
            decision["verdict"] = DO
            decision["reason"] = "torch copied its operand first, for the gradient: out of place takes less time"
        elif answer["times"] is not None:
            decision["reason"] += f"; {_speedups(answer['times'])}"
    if is_quicker:
        answer["sets"]["do"] += quicker["decisions"]
        answer |= {"patch": quicker["patch"], "after": quicker["after"]}
        for step, after in zip(answer["per_step"], quicker["per_step"], strict=True):
            step["after"] = after
    else:
        answer |= {"times": None, "times_note": None}
    return is_quicker


def _speedups(times: Sequence[Mapping[str, Any]]) -> str:
    """What was measured, where it is no reason to change anything."""
    known = [f"{each['low']:.3g}x to {each['high']:.3g}x" for each in times if each["low"] is not None]
    return f"it is {', '.join(known)} as fast then: no gain" if known else "it was timed in too few passes"


def _asked(question: Question, event: str) -> dict[str, Any]:
    try:
        with in_scratch(question) as (asked, scratch):
            found = _asked_process(asked, event)
            return {**found, "scratch": asked.folder, "reached": scratch.changed() if scratch else []}
    except TooManyFiles as error:
        raise Refused(f"--scratch: {error}") from error


def _asked_process(question: Question, event: str) -> dict[str, Any]:
    environment = {**os.environ, **COMPILE_HERE, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    words = [sys.executable, "-c", _PROGRAM, json.dumps(question.json)]
    with child_process(words, environment) as child:
        doing = "building the step"
        try:
            while (found := child.event(question.limit_s + _BESIDE_S)) is not None:
                if found["event"] == event:
                    return found
                if found["event"] == "refused":
                    raise Refused(found["why"])
                doing = "executing the step"
            status = child.status(question.limit_s)
        except Hung as error:
            raise Refused(f"{doing}: {error}") from error
        raise Refused(child.cause(status, child.printed()))


def _written(texts: dict[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """Each file that changes, and the path that holds its new text."""
    for number, (file, text) in enumerate(texts.items()):
        path = folder / f"{number}.py"
        path.write_text(text, encoding="utf-8")
        yield file, str(path)


def _prove(patched: Question, observed: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether the patched files, in a fresh process with nothing intercepted, do the same in the bytes promised."""
    found = _asked(replace(patched, proves=True), "proved")
    answer["runs"] += patched.repeats
    answer["places_patched"] = found.get("places")
    promised = [[each["after"]["peak_bytes"], each["after"]["held_bytes"]] for each in answer["per_step"]]
    different = _observed(observed).differences(_observed(found))
    answer["unproved"] = (
        f"{different[0]} differs" if different else None if found["counted"] == promised else "other bytes"
    )
    return answer["unproved"] is None


def _observed(stored: dict[str, Any]) -> Observed:
    return Observed(stored["named"], Counter(stored["unnamed"]))
