"""Answers as the advisor gives them, invented for a program and a choice of its switches."""

import difflib
from typing import Any

from benchmarks.advise_judge.advisor_answer import AdvisorAnswer
from benchmarks.advise_judge.brute_force import BruteTruth
from benchmarks.advise_judge.switchable import GeneratedProgram, Switches


def patch_of(program: GeneratedProgram, switches: Switches) -> str:
    """A patch that `git apply` takes."""
    before, after = program.text({}).splitlines(True), program.text(switches).splitlines(True)
    return "".join(difflib.unified_diff(before, after, "a/program.py", "b/program.py"))


def decision(program: GeneratedProgram, number: int, operand: int, verdict: str = "do") -> dict[str, Any]:
    """A decision on a site, as JSON has it."""
    place, choice = program.places()[number], program.sites()[number].choice
    return {
        "verdict": verdict,
        "kind": "flag" if place.module else "operator",
        "line": place.line,
        "column": place.column,
        "end_column": place.end_column,
        "module": f"net.{place.module}" if place.module else None,
        "modules": [],
        "operand": choice.operand_numbers[operand],
        "reason": "",
    }


def answer(truth: BruteTruth, switches: Switches, status: int = 0, **changed: Any) -> AdvisorAnswer:
    """The answer that recommends these switches, with the right bytes; `changed`: facts that are other."""
    before, after = truth.peaks({}), truth.peaks(switches)
    assert before is not None
    facts = {
        "runs": 7,
        "before": {"peak_bytes": before[-1]},
        "after": {"peak_bytes": after[-1] if after else 0},
        "decisions": [decision(truth.program, *switch) for switch in switches.items()],
        "sets": {"do": list(range(len(switches)))},
        "patch": patch_of(truth.program, switches) or None,
    }
    return AdvisorAnswer(status, "", 1.0, {**facts, **changed})
