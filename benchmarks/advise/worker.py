"""The process in which the user's code runs: it builds the steps once, and makes each trial in a fork."""

import gc
import json
import sys
import threading
from collections.abc import Sequence
from typing import Any

import torch

from benchmarks.advise.answers.answer import answer_of
from benchmarks.advise.switches.candidates import inplace_methods
from benchmarks.advise.switches.flags import Makers
from benchmarks.advise.trials.birth_order import number_births
from benchmarks.advise.trials.peak_places import peak_places
from benchmarks.advise.trials.step_trials import Trials, execute
from benchmarks.advise.user.forked import TrialFailed, in_fork
from benchmarks.advise.user.hidden import hide_ours
from benchmarks.advise.user.question import Question
from benchmarks.advise.user.scratch import work_in_scratch
from benchmarks.advise.user.side_effects import note_side_effects
from benchmarks.advise.user.user_code import BadStep, load_steps, plain_roots
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
    makers = Makers()
    with makers.watching(), note_side_effects() as built:
        steps = load_steps(question)
    _check_threads()
    events.send("built")
    plain_roots(steps)  # the forks then know which files are the user's
    trials = Trials(steps, question.repeats, question.limit_s, question.device, lambda: events.send("trial"))
    advice, seconds = run_timed(lambda: advise_on(steps, makers, trials, site_files(question.only)))
    built.threads.clear()  # none of them runs any more
    advice.effects.add(built)
    answer = answer_of(question, advice, seconds)
    return answer | _places(question, events)


def _proof(question: Question, events: Events) -> dict[str, Any]:
    """Build and execute the steps, with nothing intercepted; return what they leave behind, and their bytes."""
    with number_births():
        steps = load_steps(question)
    _check_threads()
    events.send("built")
    result = in_fork(lambda: execute(steps, question.repeats, question.device), question.limit_s)
    counted = [[each.peak_bytes, each.held_bytes] for _, each in sorted(result.counted.items())]
    found = {"named": result.observed.named, "unnamed": dict(result.observed.unnamed), "counted": counted}
    return found | _places(question, events)


def _places(question: Question, events: Events) -> dict[str, Any]:
    return {"places": peak_places(question, lambda: events.send("trial"))} if question.places else {}


def _check_threads() -> None:
    others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if others:
        raise BadStep(
            f"make() leaves threads running ({', '.join(others)}): a trial is a fork, which copies none of them"
        )
