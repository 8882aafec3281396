"""The process that makes each trial in a fork: the user's code runs there, and is built there on a GPU."""

import functools
import gc
import json
import sys
from collections.abc import Sequence
from typing import Any

import torch

from benchmarks.advise.answers.answer import answer_of
from benchmarks.advise.built_steps import BuiltSteps, built_steps
from benchmarks.advise.switches.candidates import inplace_methods
from benchmarks.advise.trials.peak_places import peak_places
from benchmarks.advise.trials.step_trials import Trials
from benchmarks.advise.user.forked import TrialFailed
from benchmarks.advise.user.hidden import hide_ours
from benchmarks.advise.user.question import Question
from benchmarks.advise.user.scratch import work_in_scratch
from benchmarks.advise.user.user_code import BadStep
from benchmarks.advise.user.whose_file import site_files
from benchmarks.advise.verdicts.advice import advise_on, run_timed
from benchmarks.process import Events


def main(arguments: Sequence[str]) -> None:
    """Answer one question, or execute the patched steps for a proof, and send the result as an event.

    `arguments`: the question as JSON, and the argument of `Events`.
    """
    question, events = Question.of(json.loads(arguments[0])), Events(arguments[1])
    torch.set_num_threads(1)
    inplace_methods()  # loads the catalogue
    hide_ours()
    work_in_scratch(question.folder)
    gc.collect()
    gc.freeze()  # so that living objects that are found from now on are the user's
    try:
        if question.proves:
            events.send("proved", **_proof(question, events))
        else:
            events.send("answer", **answer_steps(question, events))
    except (BadStep, TrialFailed) as error:
        events.send("refused", why=str(error))
    sys.stdout.flush()
    events.end()


def answer_steps(question: Question, events: Events) -> dict[str, Any]:
    """Build the steps and advise on them; return the answer as JSON, which is not proved yet.

    BadStep if the steps cannot be loaded, built or executed; TrialFailed if they cannot be watched.
    """
    built, trials = _built(question, events)
    advice, seconds = run_timed(lambda: advise_on(built.parts, trials, site_files(question.only)))
    advice.effects.add(built.effects)
    answer = answer_of(question, advice, seconds)
    return answer | _places(question, events)


def _proof(question: Question, events: Events) -> dict[str, Any]:
    """Build and execute the steps, with nothing intercepted; return what they leave behind, and their bytes."""
    _, trials = _built(question, events)
    result = trials.run()
    counted = [[each.peak_bytes, each.held_bytes] for _, each in sorted(result.counted.items())]
    found = {"named": result.observed.named, "unnamed": dict(result.observed.unnamed), "counted": counted}
    return found | _places(question, events)


def _built(question: Question, events: Events) -> tuple[BuiltSteps, Trials]:
    built = built_steps(question)
    events.send("built")
    tell = functools.partial(events.send, "trial")
    return built, Trials(built.steps, question.repeats, question.limit_s, question.device, tell)


def _places(question: Question, events: Events) -> dict[str, Any]:
    return {"places": peak_places(question, lambda: events.send("trial"))} if question.places else {}
