"""Turn an answer into the facts of a run, as `benchmarks.record.advice_facts` declares them."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.advise.user.question import Question
from benchmarks.advise.user.whose_file import path_as_shown
from benchmarks.record.advice_facts import (
    AdviceFacts,
    AdvisedStepFacts,
    CountedFacts,
    DecisionFacts,
    PeakFacts,
    PeakRowFacts,
    PlaceFacts,
    SilentWriteFacts,
)
from benchmarks.record.regular_file import read_bytes


def advice_facts(question: Question, answer: Mapping[str, Any], printed: Sequence[str]) -> AdviceFacts:
    """Return all that is stored of an answer in addition to its rows. `printed`: the lines of the printed answer."""
    return {
        "repeats": question.repeats,
        "executions": answer["runs"],
        "answered_s": answer["seconds"],
        "sources_sha256": dict(_sources(question, answer)),
        "steps": list(_steps(answer)),
        "decisions": [_decision(each) for each in answer["decisions"]],
        "overwritten": [_silent_write(each) for each in answer["overwritten"]],
        "proved": answer["proved"],
        "unproved": answer.get("unproved"),
        "times_note": answer["times_note"],
        "patch": str(answer["patch"] or "").splitlines(),
        "printed": list(printed),
    }


def _sources(question: Question, answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    asked = [name.rpartition(":")[0] for name in (*question.steps, *filter(None, [question.model]))]
    changed = [each["file"] for each in answer["decisions"] if each["file"]]
    for file in dict.fromkeys(str(Path(each).resolve()) for each in (*asked, *changed)):
        yield path_as_shown(file), hashlib.sha256(read_bytes(Path(file))).hexdigest()


def _steps(answer: Mapping[str, Any]) -> Iterator[AdvisedStepFacts]:
    count = len(answer["per_step"])
    given, patched = (answer.get(name) or [{}] * count for name in ("places", "places_patched"))
    for step, before, after in zip(answer["per_step"], given, patched, strict=True):
        yield {
            "step": step["step"],
            "given": _counted(step["before"]),
            "patched": _counted(step["after"]) if step["after"] is not None else None,
            "given_peak": _peak(before),
            "patched_peak": _peak(after),
            "why_no_peak": before.get("why"),
        }


def _counted(counted: Mapping[str, int]) -> CountedFacts:
    return {"peak_bytes": counted["peak_bytes"], "held_bytes": counted["held_bytes"]}


def _peak(found: Mapping[str, Any]) -> PeakFacts | None:
    if "rows" not in found:
        return None
    return {
        **_place(found),
        "peak_bytes": found["peak_bytes"],
        "start_bytes": found["start_bytes"],
        "regions": found["regions"],
        "rows": [_row(each) for each in found["rows"]],
    }


def _place(found: Mapping[str, Any]) -> PlaceFacts:
    return {
        "region": found["region"],
        "op": found["op"],
        "module": found["module"],
        "file": found["file"],
        "line": found["line"],
        "text": found["text"],
    }


def _row(found: Mapping[str, Any]) -> PeakRowFacts:
    return {
        **_place(found),
        "category": found["category"],
        "sum_bytes": found["nbytes"],
        "blocks": found["blocks"],
    }


def _silent_write(made: Mapping[str, Any]) -> SilentWriteFacts:
    return {
        "op": made["op"],
        "file": path_as_shown(made["file"]),
        "line": made["line"],
        "saved_by": made["saved_by"],
        "saved_file": path_as_shown(made["saved_file"]),
        "saved_line": made["saved_line"],
        "why": made["why"],
    }


def _decision(made: Mapping[str, Any]) -> DecisionFacts:
    saver = made["saver"]
    return {
        "verdict": made["verdict"],
        "kind": made["kind"],
        "file": path_as_shown(made["file"]) if made["file"] else "",
        "line": made["line"],
        "expression": made["expression"],
        "replacement": made["replacement"],
        "reason": made["reason"],
        "warning": made["warning"],
        "level": made["level"],
        "modules": list(made["modules"]),
        "saver": {**saver, "file": path_as_shown(saver["file"])} if saver else None,
        "saved_peak_bytes": made["peak_bytes_saved"],
        "saved_held_bytes": made["held_bytes_saved"],
    }
