"""The advisor on the models of `models/`: what it found, and whether its patch does the same in the promised bytes."""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.advise_judge import models
from benchmarks.advise_judge.advisor_answer import AdvisorAnswer, ask_advisor
from benchmarks.advise_judge.model_truth import model_truth
from benchmarks.advise_judge.peak_rest import rest_of
from benchmarks.advise_judge.step_files import STEPS, StepOutcome, copied_step_file, patched_copy, step_outcome

_COUNTED = ("decisions", "do", "may", "leave", "never", "before", "after", "best", "rest", "runs", "seconds")
COLUMNS = ("step", *_COUNTED, "mistakes")
#: The most executions of a step in which nothing saves.
MOST_RUNS = 10
#: A missed saving is a mistake if it is a larger share of the peak.
LEAST_SHARE = 0.001
_FOLDER = Path(models.__file__).parent


def model_rows(names: Sequence[str], with_best: bool, say: Callable[[str], object]) -> list[dict[str, Any]]:
    """Return a row per step. `names`: the steps to judge, or all if it is empty. `say` gets each row when it is made.

    `with_best`: also try every expression of the file, which takes minutes.
    """
    rows = []
    for module, functions in models.STEPS:
        for function in functions:
            if not names or function in names:
                rows.append(judge_model(module, function, with_best))
                say(_line(rows[-1]))
    return rows


def judge_model(module: str, function: str, with_best: bool = False) -> dict[str, Any]:
    """Ask the advisor about one step in a copy of the folder, run its patch, and return the row; bytes are peaks.

    "best": the peak with the best switches that brute force finds, on these inputs and without the advisor's rules;
    None unless `with_best`. "rest": the share of the peak that the advisor attributes to no op.
    """
    with tempfile.TemporaryDirectory(prefix="advise-models-") as scratch:
        folder = Path(scratch) / "models"
        folder.mkdir()
        for source in (_FOLDER / f"{module}.py", _FOLDER / "steps.py"):
            copied_step_file(source, folder)
        original = step_outcome(folder, module, function)
        answer = ask_advisor([f"{module}.py:{function}"], folder, ["--steps", str(STEPS)], places=True)
        mistakes, patched = patch_mistakes(answer, folder, module, function, original)
        truth = model_truth(folder, module, function, Path(scratch) / "tried") if with_best else None
    verdicts = Counter(decision["verdict"] for decision in answer.decisions)
    rest, unnamed = rest_of(answer.facts)
    mistakes += unnamed + needless_runs(answer) + (missed_saving(answer, truth.saved_bytes, original) if truth else [])
    return {
        "step": function,
        "decisions": len(answer.decisions),
        **{verdict: verdicts[verdict] for verdict in ("do", "may", "leave", "never")},
        "before": original.peaks[-1] if original.peaks else None,
        "after": patched.peaks[-1] if patched.peaks else None,
        "best": original.peaks[-1] - truth.saved_bytes if truth and original.peaks else None,
        "best_set": truth.best if truth else (),
        "rest": "" if rest is None else f"{rest:.1%}",
        "runs": answer.facts.get("runs"),
        "seconds": round(answer.wall_s, 1),
        "mistakes": mistakes,
        "answer": answer.facts,
        "printed": answer.printed,
    }


def needless_runs(answer: AdvisorAnswer) -> list[str]:
    """Return a mistake, in words, if the step was executed too often for an answer in which nothing saves."""
    runs = answer.facts.get("runs") or 0
    saves = any(decision["verdict"] in ("do", "may") for decision in answer.decisions)
    return [f"{runs} executions, and nothing saves"] if runs > MOST_RUNS and not saves else []


def missed_saving(answer: AdvisorAnswer, saved_bytes: int, original: StepOutcome) -> list[str]:
    """Return a mistake, in words, if a set of switches saves clearly more than the advisor's `do` and `may` together.

    `saved_bytes`: by the best set that brute force found, at the peak of the last execution.
    """
    before, after = answer.facts.get("before"), answer.facts.get("after")
    if not before or not after:
        return []
    found = before["peak_bytes"] - after["peak_bytes"]
    found += sum(each["peak_bytes_saved"] for each in answer.decisions if each["verdict"] == "may")
    missed = saved_bytes - found
    return [f"saving missed: {missed} B"] if missed > original.peaks[-1] * LEAST_SHARE else []


def patch_mistakes(
    answer: AdvisorAnswer, folder: Path, module: str, function: str, original: StepOutcome
) -> tuple[list[str], StepOutcome]:
    """Return what is wrong with an answer, in words, and what the patched step does.

    `original`: what the step does without the patch; it is also returned if there is no patch that can be run.
    """
    if answer.status != 0 or not answer.facts:
        return [f"status {answer.status}: {answer.printed.strip()[-500:]}"], original
    patched, mistakes = original, []
    if answer.facts.get("patch"):
        refused = patched_copy(folder, answer.facts["patch"], folder.parent / "patched")
        if refused:
            return [f"the patch does not apply: {refused}"], original
        patched = step_outcome(folder.parent / "patched", module, function)
        if patched.error or patched.digests != original.digests:
            mistakes.append(f"wrong do: {patched.error or _first_difference(original, patched)}")
    elif answer.recommended:
        mistakes.append("do without a patch")
    for when, left in (("before", original), ("after", patched)):
        promised = answer.facts.get(when)
        if promised and left.peaks and promised["peak_bytes"] != left.peaks[-1]:
            mistakes.append(f"bytes {when}: promised {promised['peak_bytes']}, measured {left.peaks[-1]}")
    alone = [f"line {each['line']}: never of one line: {each['reason']}" for each in answer.never_of_one_line]
    return [*mistakes, *alone], patched


def _first_difference(one: StepOutcome, other: StepOutcome) -> str:
    for number, (expected, found) in enumerate(zip(one.digests, other.digests, strict=False), 1):
        for path, digest in expected.items():
            if found.get(path) != digest:
                return f"{path} differs after step {number}"
    return "more values are left"


def _line(row: dict[str, Any]) -> str:
    return "| " + " | ".join(_cell(row[name]) for name in COLUMNS) + " |"


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(value).replace("\n", " ").replace("|", "/")
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def table_head() -> str:
    """Return the first two lines of the table in Markdown. Its bytes are peaks of the last step."""
    return "| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS)
