"""The advisor asked about programs that a test writes: in a process of its own."""

import gc
import os
import textwrap
from pathlib import Path
from typing import Any

from benchmarks.advise.answers.answer import answer_of
from benchmarks.advise.built_steps import built_steps
from benchmarks.advise.switches.candidates import inplace_methods
from benchmarks.advise.trials.step_trials import Trials
from benchmarks.advise.user.question import Question
from benchmarks.advise.user.user_code import load_steps
from benchmarks.advise.user.whose_file import site_files
from benchmarks.advise.verdicts.advice import advise_on, run_timed
from benchmarks.advise.verdicts.watched_steps import watch_steps
from tests.advise.small_process import done_in_small_process

#: What every program begins with.
HEAD = """
import torch
from torch import nn
import torch.nn.functional as F
"""
LIMIT_S = 120


def advised(folder: Path, text: str, **options: Any) -> dict[str, Any]:
    """The answer on a program that defines `make`, not proved in a fresh process; one execution per trial."""
    path = folder / "program.py"
    path.write_text(HEAD + textwrap.dedent(text), encoding="utf-8")
    question = Question(steps=(f"{path}:make",), only=str(folder), **{"repeats": 1, **options})
    return done_in_small_process(answer_here, folder, question, limit_s=LIMIT_S)


def answer_here(folder: Path, question: Question, anew: bool | None = None) -> dict[str, Any]:
    """The answer, in this process, which works in the folder from now on. `anew`: as `built_steps` takes it."""
    os.chdir(folder)
    inplace_methods()
    gc.collect()
    gc.freeze()
    built = built_steps(question, anew)
    trials = Trials(built.steps, question.repeats, LIMIT_S, question.device)
    advice, seconds = run_timed(lambda: advise_on(built.parts, trials, site_files(question.only)))
    return answer_of(question, advice, seconds)


def findings(folder: Path, text: str) -> dict[str, str]:
    """By its expression, or the path of a module, the verdict on each operand 1 when the step was watched, untried."""
    path = folder / "program.py"
    path.write_text(HEAD + textwrap.dedent(text), encoding="utf-8")
    question = Question(steps=(f"{path}:make",), only=str(folder), repeats=1)
    return done_in_small_process(_findings, folder, question, limit_s=LIMIT_S)


def _findings(folder: Path, question: Question) -> dict[str, str]:
    os.chdir(folder)
    watched = watch_steps(load_steps(question), question.repeats, site_files(question.only), question.device, {})
    found = {path: finding.verdict for (_, path), finding in watched.modules.items()}
    candidates = [(finding.candidate, finding) for finding in watched.findings]
    return found | {c.expression: finding.verdict for c, finding in candidates if c is not None and c.operand == 1}


def verdicts(answer: dict[str, Any]) -> dict[str, str]:
    """By its expression, the verdict on each decision."""
    return {decision["expression"]: decision["verdict"] for decision in answer["decisions"]}


def decision_on(answer: dict[str, Any], expression: str) -> dict[str, Any]:
    """The only decision on an expression."""
    (found,) = [decision for decision in answer["decisions"] if decision["expression"] == expression]
    return found
