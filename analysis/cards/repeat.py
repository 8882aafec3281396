"""The commands that measure a pair, or one of its cases, again."""

import re
import shlex

from analysis.run.facts import part, text
from benchmarks.record import Case
from benchmarks.record.case_name import allocator_and_threads, case_id
from benchmarks.record.command import METHOD, command_line, names_of, option_words

#: Options of the run that a repeated row keeps. Time limits for hung cases are not among them: they change no number.
_KEPT = tuple(name for name in names_of(METHOD) if name != "case_limit")
#: Matches what pytest's -k reads as one word.
_WORD = re.compile(r"[A-Za-z0-9_:+.\[\]/-]+")


def repeat_pair(facts: dict, pair: str) -> str:
    """The command that measures all cases of a pair: those of the run's preset, or of the file that lists its cases.

    A run of the advisor is repeated as a whole: its command asks again.
    """
    if part(facts, "advice"):
        return text(facts.get("command")) or ""
    kept = _kept_options(facts)
    if file := _case_file(facts):
        return command_line(kept | {"cases": file, "select": f"[{pair}-" if _WORD.fullmatch(pair) else ""})
    return command_line(kept | {"pair": pair})


def repeat_options(facts: dict, case: Case) -> str:
    """The options that, after `repeat_pair`, measure one row of a run and no other.

    The run's preset decides which phases and heaps there are. A listed case has values of its own on every axis: there
    its id selects it.
    """
    if part(facts, "advice"):
        return ""
    if _case_file(facts):
        return shlex.join(option_words({"select": _id_of(case)}))
    values = {"dtype": case.dtype, "device": case.device}
    values |= {"scale": str(case.scale)} if case.scale else _axes(case)
    if case.device == "cpu":
        values["threads"] = str(case.threads)
    return shlex.join(option_words(values | {"select": " and ".join(_selecting_words(case))}))


def _selecting_words(case: Case) -> list[str]:
    """Words for pytest's -k that occur in this case's id only, among cases of its pair with the same axis values."""
    last = allocator_and_threads(case)
    return [
        f"bench_{case.phase}",
        *([f"-{last}-"] if last else []),
        *([] if case.scale else [f"{'' if case.other_requires_grad else 'not '}-othergrad-"]),
    ]


def _id_of(case: Case) -> str:
    name = f"bench_{case.phase}[{case_id(case)}-"
    return name if _WORD.fullmatch(name) else " and ".join(_selecting_words(case))


def _axes(case: Case) -> dict[str, str]:
    """The options for a case's axes, which scenarios lack. The shape, as each pair gives a numel another shape."""
    axes = {"shape": "x".join(map(str, case.shape))}
    # Lists of parameters and a missing operand belong to the pair: no option chooses them.
    axes |= {"layout": case.layout} if case.layout != "parameters" else {}
    return axes | ({"operand": case.operand} if case.operand != "none" else {})


def _kept_options(facts: dict) -> dict[str, str]:
    options = part(facts, "options")
    return {name: value for name in _KEPT if (value := text(options.get(name)))}


def _case_file(facts: dict) -> str | None:
    """The file that lists the run's cases, or None."""
    return text(part(facts, "options").get("cases"))
