"""The question put to a process of its own, and the patch proved in another: nothing of the user's code runs here."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.advise.observe import Observed
from benchmarks.advise.question import Question
from benchmarks.process import COMPILE_HERE, Hung, child_process

_ROOT = str(Path(__file__).resolve().parents[2])
#: The process's program: this suite first on the path, however the user's folders are named.
_PROGRAM = f"import sys; sys.path[0:1] = [{_ROOT!r}]; from benchmarks.advise.worker import main; main(sys.argv[1:])"


#: Beside a trial itself, what may pass until its process sends something.
_BESIDE_S = 60.0


class Refused(RuntimeError):
    """The steps cannot be had or executed; the message is one line."""


def ask(question: Question, tell: Callable[[str], None]) -> dict[str, Any]:
    """The answer, its patch proved. Refused where there is none. `tell` gets what goes on meanwhile."""
    began = time.monotonic()
    answer = _asked(question, "answer")
    texts, observed = answer.pop("texts"), answer.pop("observed")
    answer["proved"] = None
    if answer["sets"]["do"]:
        tell("proving the patch in a fresh process")
        answer["proved"] = _prove(question, texts, observed, answer)
    answer["seconds"] = time.monotonic() - began
    return answer


def _asked(question: Question, event: str) -> dict[str, Any]:
    environment = {**os.environ, **COMPILE_HERE, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    words = [sys.executable, "-c", _PROGRAM, json.dumps(question.json)]
    with child_process(words, environment) as child:
        try:
            while (found := child.event(question.limit_s + _BESIDE_S)) is not None:
                if found["event"] == event:
                    return found
                if found["event"] == "refused":
                    raise Refused(found["why"])
            status = child.status(question.limit_s)
        except Hung as error:
            raise Refused(str(error)) from error
        raise Refused(child.cause(status, child.printed()))


def _prove(question: Question, texts: dict[str, str], observed: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether the patched files, in a fresh process with nothing intercepted, do the same in the bytes promised."""
    with TemporaryDirectory(prefix="advise-") as folder:
        patched = []
        for number, (file, text) in enumerate(texts.items()):
            path = Path(folder, f"{number}.py")
            path.write_text(text, encoding="utf-8")
            patched.append((file, str(path)))
        found = _asked(replace(question, proves=True, patched=tuple(patched)), "proved")
    answer["runs"] += question.repeats
    promised = [[each["after"]["peak_bytes"], each["after"]["held_bytes"]] for each in answer["per_step"]]
    different = _observed(observed).differences(_observed(found))
    answer["unproved"] = (
        f"{different[0]} differs" if different else None if found["counted"] == promised else "other bytes"
    )
    return answer["unproved"] is None


def _observed(stored: dict[str, Any]) -> Observed:
    return Observed(stored["named"], Counter(stored["unnamed"]))
