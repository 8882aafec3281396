"""How trials get the steps: built once and inherited by each fork, or, on a GPU, built again in each fork.

A fork of a process that has started CUDA cannot use it. So for a GPU this process never loads the user's files.
"""

import importlib
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import torch

from benchmarks.advise.source.rewrite import read_or_none
from benchmarks.advise.switches.flags import Makers
from benchmarks.advise.switches.optimizer_forms import optimizer_groups
from benchmarks.advise.trials.birth_order import number_births
from benchmarks.advise.trials.built_parts import BuiltParts
from benchmarks.advise.trials.cuda_trials import check_startable, is_startable, settle_device
from benchmarks.advise.trials.observe import living_objects
from benchmarks.advise.user.forked import TrialFailed, in_fork
from benchmarks.advise.user.question import Question
from benchmarks.advise.user.side_effects import SideEffects, note_side_effects
from benchmarks.advise.user.user_code import BadStep, Step, load_steps, plain_roots

_COMPILER = "torch._dynamo"


@dataclass(frozen=True)
class BuiltSteps:
    """The steps for forks of this process, and what is known about them here."""

    steps: Callable[[], Sequence[Step]]  #: returns the steps, in a fork
    parts: BuiltParts
    effects: SideEffects  #: of `make()`, called once


def built_steps(question: Question, anew: bool | None = None) -> BuiltSteps:
    """Build the steps of a question, here or once in a fork; BadStep if they cannot be loaded or built.

    `anew`: whether each fork builds the steps again; by default only on a GPU.
    """
    if question.device != "cpu" if anew is None else anew:
        return _built_in_forks(question)
    steps, parts, effects = _built(question)
    if torch.cuda.is_initialized() and any(tensor.is_cuda for tensor in living_objects(torch.Tensor)):
        raise BadStep("make() uses a GPU: ask with --device cuda, which builds the steps again for each trial")
    plain_roots(steps)  # the forks then know which files are the user's
    return BuiltSteps(lambda: steps, parts, effects)


def _built_in_forks(question: Question) -> BuiltSteps:
    def describe() -> tuple[BuiltParts, SideEffects] | str:
        try:
            return _built(question)[1:]
        except BadStep as error:
            return str(error)

    try:
        found = in_fork(describe, question.limit_s)
    except TrialFailed as error:
        raise BadStep(f"the step cannot be built: {error}") from error
    if isinstance(found, str):
        raise BadStep(found)
    parts, effects = found
    if parts.optimizers:
        _load_compiler(question.limit_s)

    def steps() -> Sequence[Step]:
        with number_births():
            return _loaded(question)

    return BuiltSteps(steps, parts, effects)


def _built(question: Question) -> tuple[Sequence[Step], BuiltParts, SideEffects]:
    """Build the steps in this process; return them, and what is known about them."""
    makers = Makers(read_or_none)
    with makers.watching(), note_side_effects() as effects:
        steps = _loaded(question)
    effects.threads.clear()  # none of them runs any more
    return steps, BuiltParts(makers.flag_modules(), optimizer_groups(makers.optimizers())), effects


def _loaded(question: Question) -> list[Step]:
    check_startable(question.device)
    settle_device(question.device)
    steps = load_steps(question)
    settle_device(question.device)  # again: the user's files may have changed settings
    _check_threads()
    return steps


def _load_compiler(limit_s: float) -> None:
    """Load torch's compiler, unless a fork could not use its GPU then.

    The constructor of an optimizer loads it, which takes over a second. Without this, each fork would load it again.
    """

    def is_harmless() -> bool:
        importlib.import_module(_COMPILER)
        return in_fork(is_startable, limit_s)

    with suppress(TrialFailed):  # then each fork that needs it loads it, or fails
        if _COMPILER not in sys.modules and in_fork(is_harmless, limit_s):
            importlib.import_module(_COMPILER)


def _check_threads() -> None:
    others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if others:
        raise BadStep(
            f"make() leaves threads running ({', '.join(others)}): a trial is a fork, which copies none of them"
        )
