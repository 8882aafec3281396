"""Ask the question in a new process, and prove the patch in another: the user's code never runs in this process."""

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

from benchmarks.advise.trials.cuda_trials import trial_environment
from benchmarks.advise.trials.observe import Observed
from benchmarks.advise.trials.step_times import NotTimed, time_steps, times_json
from benchmarks.advise.user.question import DO, Question
from benchmarks.advise.user.scratch import TooManyFiles, in_scratch
from benchmarks.process import COMPILE_HERE, Hung, child_process
from benchmarks.record.interval import FASTER, SLOWER

_ROOT = str(Path(__file__).resolve().parents[2])
#: The program of the new process. It puts this suite first on the path: the user may have a folder `benchmarks` too.
_PROGRAM = f"import sys; sys.path[0:1] = [{_ROOT!r}]; from benchmarks.advise.worker import main; main(sys.argv[1:])"


#: Seconds that may pass, in addition to the limit of one trial, until the process sends an event.
_EXTRA_S = 60.0


class Refused(RuntimeError):
    """The steps cannot be loaded or executed; the message is one line."""


def ask(question: Question, tell: Callable[[str], None], time_limit_s: float = 0.0) -> dict[str, Any]:
    """Return the answer to a question as JSON, after its patch was proved and timed.

    `tell` is called with a line about each stage. `time_limit_s`: seconds for all times together; 0: nothing is timed.
    Refused if the steps cannot be loaded or executed.
    """
    began = time.monotonic()
    answer = _ask_event(question, "answer")
    texts, observed, quicker = (answer.pop(name) for name in ("texts", "observed", "quicker"))
    answer |= {"proved": None, "times": None, "times_note": None, "threads_used": torch.get_num_threads()}
    with TemporaryDirectory(prefix="advise-") as folder:
        if answer["sets"]["do"]:
            tell("proving the patch in a fresh process")
            patched = replace(question, patched=tuple(_write_texts(texts, Path(folder))))
            answer["unproved"] = _why_unproved(
                patched, observed, answer, [each["after"] for each in answer["per_step"]]
            )
            answer["proved"] = answer["unproved"] is None
            if answer["proved"] and time_limit_s:
                answer |= _time_patch(patched, time_limit_s, tell)
        elif quicker is not None and time_limit_s:
            tell("proving in a fresh process the calls that were written out of place")
            patched = replace(question, patched=tuple(_write_texts(quicker["texts"], Path(folder))))
            unproved = _why_unproved(patched, observed, answer, quicker["per_step"])
            if unproved is None:
                answer |= _time_patch(patched, time_limit_s, tell)
            take_if_quicker(answer, quicker, unproved)
    answer["seconds"] = time.monotonic() - began
    return answer


def _time_patch(patched: Question, limit_s: float, tell: Callable[[str], None]) -> dict[str, Any]:
    try:
        return {"times": times_json(time_steps(patched, limit_s, tell), patched.names), "times_note": None}
    except NotTimed as error:
        return {"times": None, "times_note": str(error)}


def take_if_quicker(answer: dict[str, Any], quicker: dict[str, Any], unproved: str | None = None) -> bool:
    """Make the decisions of `quicker` `do` if they are proved, some step became faster and none slower.

    Return whether they became `do`. Otherwise they stay `leave` with a reason, and the times are removed from the
    answer. `answer`: nothing in it is `do` yet, so that its times are of these decisions alone; it is changed.
    `unproved`: what was not as promised in the proof; None if all was.
    """
    times = answer["times"] or ()
    verdicts = [each["verdict"] for each in times]
    is_quicker = unproved is None and FASTER in verdicts and SLOWER not in verdicts
    for number in quicker["decisions"]:
        decision = answer["decisions"][number]
        if is_quicker:
            decision["verdict"] = DO
            decision["reason"] = "torch copied its operand first, for the gradient: out of place takes less time"
        elif unproved is not None:
            decision["reason"] += f"; out of place it is not proved: in a fresh process, {unproved}"
        elif times:
            decision["reason"] += f"; {_speedups(times)}"
    if not is_quicker:
        answer |= {"times": None, "places_patched": None}
        return False
    answer["sets"]["do"] += quicker["decisions"]
    answer |= {"patch": quicker["patch"], "after": quicker["after"], "proved": True}
    for step, after in zip(answer["per_step"], quicker["per_step"], strict=True):
        step["after"] = after
    return True


def _speedups(times: Sequence[Mapping[str, Any]]) -> str:
    """Return in words the speedups that were measured, for decisions that stay `leave`."""
    known = [f"{each['low']:.3g}x to {each['high']:.3g}x" for each in times if each["low"] is not None]
    return f"it is {', '.join(known)} as fast then: no gain" if known else "it was timed in too few passes"


def _ask_event(question: Question, event: str) -> dict[str, Any]:
    try:
        with in_scratch(question) as (asked, scratch):
            found = _ask_process(asked, event)
            return {**found, "scratch": asked.folder, "reached": scratch.changed() if scratch else []}
    except TooManyFiles as error:
        raise Refused(f"--scratch: {error}") from error


def _ask_process(question: Question, event: str) -> dict[str, Any]:
    environment = {**trial_environment(question.device), **os.environ, **COMPILE_HERE}
    environment |= {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    words = [sys.executable, "-c", _PROGRAM, json.dumps(question.json)]
    with child_process(words, environment) as child:
        doing = "building the step"
        try:
            while (found := child.event(question.limit_s + _EXTRA_S)) is not None:
                if found["event"] == event:
                    return found
                if found["event"] == "refused":
                    raise Refused(found["why"])
                doing = "executing the step"
            status = child.status(question.limit_s)
        except Hung as error:
            raise Refused(f"{doing}: {error}") from error
        raise Refused(child.cause(status, child.printed()))


def _write_texts(texts: dict[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """Write each changed text to `folder`; yield the path of the file that changes, and that of its new text."""
    for number, (file, text) in enumerate(texts.items()):
        path = folder / f"{number}.py"
        path.write_text(text, encoding="utf-8")
        yield file, str(path)


def _why_unproved(
    patched: Question, observed: dict[str, Any], answer: dict[str, Any], promised: Sequence[Mapping[str, Any]]
) -> str | None:
    """Execute the patched files in a fresh process, in which nothing is intercepted, and compare.

    Return in words what differs from the baseline or from the promised bytes; None if nothing does. `promised`: the
    bytes of each step. Adds the executions to `answer["runs"]`, and the patched places to the answer.
    """
    try:
        found = _ask_event(replace(patched, proves=True), "proved")
    except Refused as error:
        return str(error)
    answer["runs"] += patched.repeats
    answer["places_patched"] = found.get("places")
    different = _observed(observed).differences(_observed(found))
    if different:
        return f"{different[0]} differs"
    bytes_promised = [[each["peak_bytes"], each["held_bytes"]] for each in promised]
    return None if found["counted"] == bytes_promised else "other bytes"


def _observed(stored: dict[str, Any]) -> Observed:
    return Observed(stored["named"], Counter(stored["unnamed"]))
