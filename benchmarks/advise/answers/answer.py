"""Turn an advice into the answer: plain JSON, with the patch."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch

from benchmarks.advise.answers.decisions import decisions_of
from benchmarks.advise.answers.patch_text import patch_of
from benchmarks.advise.switches.flags import FlagSwitch
from benchmarks.advise.trials.step_trials import changed_texts
from benchmarks.advise.user.question import DO, Bytes, Question
from benchmarks.advise.verdicts.advice import StepAdvice
from benchmarks.advise.verdicts.settle import SwitchOption

VERSION = 1


def answer_of(question: Question, advice: StepAdvice, seconds: float) -> dict[str, Any]:
    """Return the answer as JSON: all that the command prints and stores.

    `seconds`: how long advising took. The keys `texts` (by file, the patched text), `observed` (the baseline) and
    `quicker` are for the process that proves the patch; `ask` removes them.
    """
    made = decisions_of(advice.options)
    decisions = [asdict(decision) for decision, _ in made]
    do = [number for number, (decision, _) in enumerate(made) if decision.verdict == DO]
    switches = [option.switch for option in advice.chosen]
    unwritten = [each.class_name for each in switches if isinstance(each, FlagSwitch) and not each.edits]
    texts = changed_texts(switches)
    return {
        "version": VERSION,
        "torch": torch.__version__,
        "device": question.device,
        "steps": list(question.names),
        "repeats": question.repeats,
        "runs": advice.runs,
        "seconds": seconds,
        "before": _highest(advice.before),
        "after": _highest(advice.after) if do else None,
        "per_step": [
            {"step": name, "before": asdict(before), "after": asdict(after) if do else None}
            for name, before, after in zip(question.names, advice.before, advice.after, strict=True)
        ],
        "decisions": decisions,
        "sets": {"do": do},
        "patch": patch_of(texts) or None,
        "unwritten": unwritten,
        "differs": advice.differs,
        "watch_differs": advice.watch_differs,
        "writes": advice.effects.files,
        "threads": advice.effects.threads,
        "connections": advice.effects.connections,
        "processes": advice.effects.processes,
        "overwritten": [each.json for each in advice.overwritten],
        "quicker": _quicker(advice, [options for _, options in made]),
        "texts": texts,
        "observed": {"named": advice.observed.named, "unnamed": dict(advice.observed.unnamed)},
    }


def _quicker(advice: StepAdvice, taken: Sequence[Sequence[SwitchOption]]) -> dict[str, Any] | None:
    """Return the decisions that save a copy, but no byte, with their patch, so that their time can be measured.

    `taken`: the options of each decision. None if there is no such decision, or if anything else is `do`: a time
    compares the code as given with the whole patch, so it could not tell these apart.
    """
    asked = {*map(id, advice.quicker)}
    decisions = [number for number, options in enumerate(taken) if asked.intersection(map(id, options))]
    if advice.chosen or not decisions:
        return None
    texts = changed_texts([option.switch for option in advice.quicker])
    return {
        "decisions": decisions,
        "patch": patch_of(texts),
        "texts": texts,
        "per_step": [asdict(each) for each in advice.after_quicker],
        "after": _highest(advice.after_quicker),
    }


def _highest(counted: Sequence[Bytes]) -> dict[str, int]:
    return {
        "peak_bytes": max(each.peak_bytes for each in counted),
        "held_bytes": max(each.held_bytes for each in counted),
    }
