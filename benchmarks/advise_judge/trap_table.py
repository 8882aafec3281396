"""The hazards as traps for the advisor: right programs, in which one switch makes a gradient wrong, and wrong programs.

There are two steps per hazard: its rewrite, which is right, and its program, which is wrong or raises.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import autograd
from benchmarks.advise_judge.advisor_answer import AdvisorAnswer, ask_advisor
from benchmarks.advise_judge.model_table import patch_mistakes
from benchmarks.advise_judge.step_files import StepOutcome, copied_step_file, step_outcome
from benchmarks.autograd import hazards
from benchmarks.autograd.hazards.hazard import Hazard
from benchmarks.fork import ForkDied
from benchmarks.process_end import Hung

#: A hazard's file imports this package, which is therefore linked into the user's folder.
_PACKAGE = Path(autograd.__file__).parents[1]
_MAKER = '\n\ndef {name}():\n    return lambda: HAZARDS[{index}].{part}("cpu")\n'
REWRITE, PROGRAM = "rewrite", "program"


def traps() -> list[tuple[str, int, Hazard, str]]:
    """Return file, place in its HAZARDS, hazard and part of every trap."""
    found = []
    for module in vars(hazards).values():
        declared = getattr(module, "HAZARDS", ())
        for index, hazard in enumerate(declared):
            parts = (REWRITE, PROGRAM) if hazard.rewrite else (PROGRAM,)
            found += [(module.__name__.rsplit(".", 1)[-1], index, hazard, part) for part in parts]
    return found


def trap_rows(names: Sequence[str], say: Callable[[str], object]) -> list[dict[str, Any]]:
    """Return a row per trap. `names`: the hazards, or all if it is empty. `say` gets each row when it is made."""
    rows = []
    for file, index, hazard, part in traps():
        if not names or hazard.name in names:
            rows.append(judge_trap(file, index, hazard, part))
            say(trap_line(rows[-1]))
    return rows


def judge_trap(file: str, index: int, hazard: Hazard, part: str) -> dict[str, Any]:
    """Ask the advisor about one hazard's rewrite or program, and return the row.

    A program that raises has no mistake if the advisor refuses it in one line. Compiled code is watched in eager mode,
    where torch refuses some of what it does, so it may be refused as well.
    """
    with tempfile.TemporaryDirectory(prefix="advise-traps-") as scratch:
        folder = Path(scratch) / "traps"
        folder.mkdir()
        (folder / "benchmarks").symlink_to(_PACKAGE)
        more = _MAKER.format(name="trap", index=index, part=part)
        copied_step_file(_PACKAGE / "autograd" / "hazards" / f"{file}.py", folder, more)
        original = _outcome(folder, file)
        answer = ask_advisor([f"{file}.py:trap"], folder)
        mistakes = patch_mistakes(answer, folder, file, "trap", original)[0]
        mistakes += unexplained(answer, (folder / f"{file}.py").read_text(encoding="utf-8"))
    is_refused = answer.status == 2 and len(answer.printed.strip().splitlines()) == 1
    if is_refused and (original.error or "compiled" in file):
        mistakes = []
    elif original.error:  # the advisor has to say so, in one line
        mistakes = [f"raises, and status {answer.status}: {answer.printed.strip()[-300:]}"]
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


def _outcome(folder: Path, file: str) -> StepOutcome:
    """Return what the trap does; a program that ends its process, or hangs, has that as its error."""
    try:
        return step_outcome(folder, file, "trap")
    except (ForkDied, Hung) as error:
        return StepOutcome(error=str(error))


def unexplained(answer: AdvisorAnswer, text: str) -> list[str]:
    """Return what is not explained, in words: a `never` or a wrong write without a reason, or without its lines.

    `text`: of the step's file. A line that is named must be one of code. Whether it is the right one is not known here.
    """
    code = {number for number, line in enumerate(text.splitlines(), 1) if line.strip() and line.strip()[0] != "#"}
    found = []
    for decision in answer.decisions:
        saver = decision["saver"]
        if decision["verdict"] == "never" and not decision["reason"]:
            found.append(f"line {decision['line']}: never without a reason")
        elif saver and saver["file"] == decision["file"] and saver["line"] not in code:
            found.append(f"line {decision['line']}: its reason names line {saver['line']}, which is no code")
    for write in answer.facts.get("overwritten", ()):
        if not write["why"] or (write["op"] and write["line"] not in code):
            found.append(f"a wrong write at line {write['line']} is not explained")
    return found


def _explanation(answer: AdvisorAnswer) -> str:
    """Return why nothing should be switched: what raises, what is wrong already, or the reason of a decision."""
    written = answer.facts.get("overwritten", ())
    against = [decision for decision in answer.decisions if decision["verdict"] in ("never", "may", "leave")]
    against.sort(key=lambda decision: ("never", "may", "leave").index(decision["verdict"]))
    if answer.status != 0:
        return answer.printed.strip()
    if written:
        return f"wrong as it is: {written[0]['why']}"
    return against[0]["warning"] or against[0]["reason"] if against else "no op was seen that could be in place"


def trap_line(row: dict[str, Any]) -> str:
    """Return a row in Markdown: trap, kind, verdicts, explanation, mistakes."""
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in row["verdicts"].items())
    cells = (row["trap"], row["kind"], verdicts, row["reason"], "; ".join(row["mistakes"]))
    return "| " + " | ".join(cell.replace("\n", " ").replace("|", "/") for cell in cells) + " |"


def trap_head() -> str:
    """Return the first two lines of the table in Markdown."""
    return "| trap | kind | verdicts | explanation | mistakes |\n|---|---|---|---|---|"
