"""An advice as JSON, with the patch that does what it says."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch

from benchmarks.advise.advice import StepAdvice
from benchmarks.advise.decisions import decisions_of
from benchmarks.advise.flags import FlagSwitch
from benchmarks.advise.patch_text import patch_of
from benchmarks.advise.question import DO, Bytes, Question
from benchmarks.advise.settle import SwitchOption
from benchmarks.advise.step_trials import changed_texts

VERSION = 1


def answer_of(question: Question, advice: StepAdvice, seconds: float) -> dict[str, Any]:
    """All that the command prints and stores; `texts` and `observed` are for the proof of the patch."""
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
    """What saves no byte, but a copy, so that it is worth a measurement of the time. `taken`: by each decision.

    Only where nothing else is to be done: times compare the code as given with all that is patched.
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
