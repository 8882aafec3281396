"""Judges one generated program: what brute force says about it, what the advisor says, and where the two differ."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.advise.user.question import NEVER
from benchmarks.advise_judge.advisor_answer import AdvisorAnswer, ask_advisor, patched_text, switches_of
from benchmarks.advise_judge.brute_force import SAFE, STEPS, BruteOutcome, BruteTruth, Unusable, outcome_of, text_peaks
from benchmarks.advise_judge.generated import draw_program
from benchmarks.advise_judge.switchable import GeneratedProgram

ATTEMPTS = 200
FEWEST_SITES = 5

#: Kinds of mistakes, the worst first.
WRONG, CRASHED, UNPATCHED, BYTES, MISSED = "wrong do", "crash", "patch does not apply", "bytes differ", "saving missed"


def usable_program(seed: int) -> tuple[GeneratedProgram, BruteTruth]:
    """Return the first program of a seed that can be used, and the truth about it. Unusable if there is none."""
    for attempt in range(ATTEMPTS):
        program = draw_program(seed, attempt)
        with suppress(Unusable):
            if len(program.sites()) >= FEWEST_SITES:
                return program, BruteTruth(program)
    raise Unusable(f"seed {seed}: none of {ATTEMPTS} programs can serve")


def judge_program(seed: int, fresh: bool = False) -> dict[str, Any]:
    """Judge the program of a seed, and return its row: facts of the truth and of the answer, and the mistakes."""
    with tempfile.TemporaryDirectory(prefix="advise-judge-") as scratch:
        program, truth = usable_program(seed)
        step_file = Path(scratch) / "program.py"
        step_file.write_text(program.text({}), encoding="utf-8")
        answer = ask_advisor(["program.py:make"], Path(scratch), ["--steps", str(STEPS)], fresh)
        patched = _patched(answer, step_file)
    began = time.monotonic()
    row = {"seed": seed, "is_training": program.is_training, **_truth_facts(program, truth)}
    row |= {"status": answer.status, "runs": answer.facts.get("runs"), "wall_s": round(answer.wall_s, 3)}
    row["verdicts"] = _verdicts(answer)
    row["mistakes"] = list(mistakes_of(program, truth, answer, patched, row["best_saved_bytes"]))
    row["saved_bytes"] = _saved(truth, patched)
    row["found"] = row["saved_bytes"] is not None and not is_missed(row["saved_bytes"], row["best_saved_bytes"], truth)
    row["never_but_safe"] = sum(_is_never_but_safe(decision, program, truth) for decision in answer.decisions)
    row["never_of_one_line"] = [decision["reason"] for decision in answer.never_of_one_line]
    return row | {"truth_s": round(time.monotonic() - began, 3)}


def _patched(answer: AdvisorAnswer, step_file: Path) -> str | None:
    """Return the source with the advisor's patch; unchanged if it recommends nothing, None if the patch is missing or
    does not apply.
    """
    if not answer.facts.get("patch"):
        return None if answer.recommended else step_file.read_text(encoding="utf-8")
    return patched_text(step_file, answer.facts["patch"], step_file.parent)


def _truth_facts(program: GeneratedProgram, truth: BruteTruth) -> dict[str, Any]:
    safe_saves = unsafe_saves = safe = unsafe = 0
    for site in program.sites().values():
        for switch in site.switches:
            saved = truth.saved(dict([switch]))
            if truth.outcome(dict([switch])).kind == SAFE:
                safe += 1
                safe_saves += bool(saved and saved > 0 and truth.is_plainly_safe(site, switch[1]))
            else:
                unsafe += 1
                unsafe_saves += bool(saved and saved > 0)  # one that raises saves nothing
    best = truth.best_set()
    return {
        "sites": len(program.sites()),
        "safe": safe,
        "unsafe": unsafe,
        "safe_saves": safe_saves,
        "unsafe_saves": unsafe_saves,
        "best": {str(number): operand for number, operand in best.items()},
        "best_saved_bytes": truth.saved(best) or 0,
    }


def _verdicts(answer: AdvisorAnswer) -> dict[str, int]:
    counts: dict[str, int] = {}
    for decision in answer.decisions:
        counts[decision["verdict"]] = counts.get(decision["verdict"], 0) + 1
    return counts


def mistakes_of(
    program: GeneratedProgram, truth: BruteTruth, answer: AdvisorAnswer, patched: str | None, best_saved_bytes: int
) -> Sequence[dict[str, Any]]:
    """Return the mistakes in an answer, each with its kind and what it is about.

    `patched`: the source with the advisor's patch, None if it does not apply. `best_saved_bytes`: what the best set of
    brute force saves.
    """
    if answer.status != 0 or not answer.facts:
        return [{"kind": CRASHED, "status": answer.status, "printed": answer.printed[-2000:]}]
    mistakes = [
        {"kind": WRONG, "decision": decision, "truth": vars(outcome)}
        for decision in answer.recommended
        for outcome in [_alone(decision, program, truth)]
        if outcome is not None and outcome.kind != SAFE
    ]
    if patched is None:
        return [*mistakes, {"kind": UNPATCHED, "patch": answer.facts.get("patch")}]
    together = outcome_of(patched, truth.expected)
    if together.kind != SAFE:
        mistakes.append({"kind": WRONG, "decision": None, "truth": vars(together)})
    mistakes += _wrong_bytes(truth, answer, patched)
    saved = _saved(truth, patched)
    if saved is not None and is_missed(saved, best_saved_bytes, truth):
        not_taken = list(_not_taken(program, truth, answer))
        mistakes.append({"kind": MISSED, "saved": saved, "best": best_saved_bytes, "not_taken": not_taken})
    return mistakes


def _alone(decision: dict[str, Any], program: GeneratedProgram, truth: BruteTruth) -> BruteOutcome | None:
    switches = switches_of(decision, program)
    return truth.outcome(switches) if switches else None


def is_missed(saved_bytes: int, best_saved_bytes: int, truth: BruteTruth) -> bool:
    """Return whether a saving is smaller than the best one by more than a thousandth of the peak."""
    peaks = truth.peaks({})
    return peaks is not None and saved_bytes < best_saved_bytes - peaks[-1] / 1000


def _not_taken(program: GeneratedProgram, truth: BruteTruth, answer: AdvisorAnswer) -> Iterator[dict[str, Any]]:
    """Yield each switch of the best set that is not recommended, with what the advisor says about it."""
    taken: dict[int, int] = {}
    said: dict[int, dict[str, Any]] = {}
    for decision in answer.decisions:
        switches = switches_of(decision, program) or {}
        said |= dict.fromkeys(switches, decision)
        taken |= switches if decision["verdict"] == "do" else {}
    for number, operand in truth.best_set().items():
        if taken.get(number) != operand:
            decision, line = said.get(number, {}), program.places()[number].line
            facts = {name: decision.get(name) for name in ("verdict", "operand", "reason", "warning")}
            yield {"site": number, "best_operand": operand, "source": f"{line}: {program_line(program, line)}", **facts}


def program_line(program: GeneratedProgram, line: int) -> str:
    """Return a line of the program as generated, without its indentation. `line` counts from 1."""
    return program.text({}).splitlines()[line - 1].strip()


def _saved(truth: BruteTruth, patched: str | None) -> int | None:
    before, after = truth.peaks({}), None if patched is None else text_peaks(patched)
    return None if before is None or after is None else before[-1] - after[-1]


def _wrong_bytes(truth: BruteTruth, answer: AdvisorAnswer, patched: str) -> list[dict[str, Any]]:
    """Return a mistake per promised peak that differs from the measured one."""
    mistakes = []
    for when, peaks in (("before", truth.peaks({})), ("after", text_peaks(patched))):
        promised = answer.facts.get(when)
        if promised is not None and peaks is not None and promised["peak_bytes"] != peaks[-1]:
            found = {"promised": promised["peak_bytes"], "measured": list(peaks)}
            mistakes.append({"kind": BYTES, "when": when, **found})
    return mistakes


def _is_never_but_safe(decision: dict[str, Any], program: GeneratedProgram, truth: BruteTruth) -> bool:
    """Return whether a decision is `never` although nothing needs the operand of its switch."""

    switches = switches_of(decision, program) if decision["verdict"] == NEVER else None
    sites = program.sites()
    return bool(switches) and all(truth.is_plainly_safe(sites[number], i) for number, i in switches.items())
