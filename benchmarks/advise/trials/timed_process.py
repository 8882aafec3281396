"""The process that is timed: it executes a step on request, and answers with the seconds per execution.

Two such processes take turns, one with the code as given and one with the patch; `step_times` sends the requests.
Nothing is intercepted in them.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Sequence

import torch

from benchmarks.advise.trials.cuda_trials import wait_for
from benchmarks.advise.user.hidden import hide_ours
from benchmarks.advise.user.question import Question
from benchmarks.advise.user.scratch import work_in_scratch
from benchmarks.advise.user.user_code import BadStep, Step, load_steps
from benchmarks.process import Events
from benchmarks.record.reason import typed_line


def main(arguments: Sequence[str]) -> None:
    """Load the steps and answer requests until standard input ends.

    `arguments`: the question as JSON, and the argument of `Events`. A request is a line of JSON: the number of the
    step, and of its executions.
    """
    question, events = Question.of(json.loads(arguments[0])), Events(arguments[1])
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # a step that reads standard input must not take our requests
    hide_ours()
    work_in_scratch(question.folder)
    try:
        steps = load_steps(question)
        gc.collect()
        gc.freeze()  # what the steps make from now on is collected as in the user's loop
        events.send("ready", threads=torch.get_num_threads())
        for line in requests:
            number, calls = json.loads(line)
            events.send("timed", seconds=seconds_per_call(steps[number], calls, question.device))
    except BadStep as error:
        events.send("refused", why=str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a user's step raises is reported
        events.send("refused", why=typed_line(error))
    sys.stdout.flush()
    events.end()


def seconds_per_call(step: Step, calls: int, device: str) -> float:
    """Execute a step `calls` times and return the seconds per execution.

    As in the user's loop, the state moves on from call to call, and a result is freed before the next call. A GPU has
    nothing left to do when the clock is read, before the first call and after the last one.
    """
    wait_for(device)
    start = time.perf_counter_ns()
    for _ in range(calls):
        step()
    wait_for(device)
    return (time.perf_counter_ns() - start) / calls / 1e9
