"""The hazards as traps: programs that are right, one switch away from a wrong gradient; and those that took it.

Per hazard two steps: its rewrite, which is out of place or otherwise right, and its program, which is wrong or raises.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import autograd
from benchmarks.advise_judge.advisor_answer import AdvisorAnswer, ask_advisor
from benchmarks.advise_judge.model_table import patch_mistakes
from benchmarks.advise_judge.step_files import copied, left_by
from benchmarks.autograd import hazards
from benchmarks.autograd.hazards.hazard import Hazard

#: In the user's folder: what a hazard's file imports of this project.
_PACKAGE = Path(autograd.__file__).parents[1]
_MAKER = '\n\ndef {name}():\n    return lambda: HAZARDS[{index}].{part}("cpu")\n'
REWRITE, PROGRAM = "rewrite", "program"


def traps() -> list[tuple[str, int, Hazard, str]]:
    """File, place in its HAZARDS, hazard and part of every trap; what may abort or is compiled is none."""
    found = []
    for module in vars(hazards).values():
        declared = getattr(module, "HAZARDS", ())
        for index, hazard in enumerate(declared):
            if not hazard.isolated and "compiled" not in module.__name__:
                parts = (REWRITE, PROGRAM) if hazard.rewrite else (PROGRAM,)
                found += [(module.__name__.rsplit(".", 1)[-1], index, hazard, part) for part in parts]
    return found


def trap_rows(names: Sequence[str], say: Callable[[str], object]) -> list[dict[str, Any]]:
    """A row per trap; `names`: of hazards, all where it is empty. Each row is printed as it is made."""
    rows = []
    for file, index, hazard, part in traps():
        if not names or hazard.name in names:
            rows.append(judge_trap(file, index, hazard, part))
            say(trap_line(rows[-1]))
    return rows


def judge_trap(file: str, index: int, hazard: Hazard, part: str) -> dict[str, Any]:
    """The advisor asked about one hazard's rewrite or program."""
    with tempfile.TemporaryDirectory(prefix="advise-traps-") as scratch:
        folder = Path(scratch) / "traps"
        folder.mkdir()
        (folder / "benchmarks").symlink_to(_PACKAGE)
        more = _MAKER.format(name="trap", index=index, part=part)
        copied(_PACKAGE / "autograd" / "hazards" / f"{file}.py", folder, more)
        original = left_by(folder, file, "trap")
        answer = ask_advisor([f"{file}.py:trap"], folder)
        mistakes = patch_mistakes(answer, folder, file, "trap", original)[0]
    if original.error:  # the program raises: the advisor has to say so, in one line
        is_told = answer.status == 2 and len(answer.printed.strip().splitlines()) == 1
        mistakes = [] if is_told else [f"raises, and status {answer.status}: {answer.printed.strip()[-300:]}"]
    verdicts = Counter(decision["verdict"] for decision in answer.decisions)
    return {
        "trap": f"{hazard.name} ({part})",
        "kind": hazard.kind,
        "verdicts": dict(verdicts),
        "reason": _explanation(answer),
        "mistakes": mistakes,
        "answer": answer.facts,
        "printed": answer.printed,
    }


def _explanation(answer: AdvisorAnswer) -> str:
    """Why nothing is to be switched: what is wrong as it is, what raises, or the first decision against one."""
    written = answer.facts.get("overwritten", ())
    against = [decision for decision in answer.decisions if decision["verdict"] in ("never", "may", "leave")]
    against.sort(key=lambda decision: ("never", "may", "leave").index(decision["verdict"]))
    if answer.status != 0:
        return answer.printed.strip()
    if written:
        return f"wrong as it is: {written[0]['why']}"
    return against[0]["warning"] or against[0]["reason"] if against else "no op was seen that could be in place"


def trap_line(row: dict[str, Any]) -> str:
    """A row in Markdown: trap, kind, verdicts, explanation, mistakes."""
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in row["verdicts"].items())
    cells = (row["trap"], row["kind"], verdicts, row["reason"], "; ".join(row["mistakes"]))
    return "| " + " | ".join(cell.replace("\n", " ").replace("|", "/") for cell in cells) + " |"


def trap_head() -> str:
    """The first two lines of the table in Markdown."""
    return "| trap | kind | verdicts | explanation | mistakes |\n|---|---|---|---|---|"
