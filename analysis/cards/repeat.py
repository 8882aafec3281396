"""The commands that measure a pair, or one of its cases, once more."""

import shlex

from analysis.run.facts import part, text
from benchmarks.record import Case
from benchmarks.record.command import METHOD, command_line, names_of, option_words

#: Options of the run that a repeated row keeps. When a case counts as hung changes no number.
_KEPT = tuple(name for name in names_of(METHOD) if name != "case_limit")


def repeat_pair(facts: dict, pair: str) -> str:
    """All that the run's preset has of a pair."""
    return command_line(_kept(facts) | {"pair": pair})


def repeat_options(case: Case) -> str:
    """What follows `repeat_pair` to measure one row of a run: the run's preset decides which phases and heaps are."""
    values = {"dtype": case.dtype, "device": case.device}
    values |= {"scale": str(case.scale)} if case.scale else _axes(case)
    if case.device == "cpu":
        values["threads"] = str(case.threads)
    chosen = [case.phase, *([case.allocator] if case.allocator in ("retained", "fresh") else [])]
    chosen.append("othergrad" if case.other_requires_grad else "not othergrad")
    return shlex.join(option_words(values | {"select": " and ".join(chosen)}))


def _axes(case: Case) -> dict[str, str]:
    """What an op has and a scenario has not. A shape says it all: a number of elements has another one in each pair."""
    axes = {"shape": "x".join(map(str, case.shape))}
    # Lists of parameters and the absence of an operand are the pair's own, and no option.
    axes |= {"layout": case.layout} if case.layout != "parameters" else {}
    return axes | ({"operand": case.operand} if case.operand != "none" else {})


def _kept(facts: dict) -> dict[str, str]:
    options = part(facts, "options")
    return {name: value for name in _KEPT if (value := text(options.get(name)))}
