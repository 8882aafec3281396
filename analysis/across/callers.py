"""Which scenarios call an op in place: what a change of the op means in models.

A run stores the code of a scenario and no list of its calls, and some of it is shortened ("params = [p - size ...]"),
which no parser takes: calls are searched in the text. What such code does not show stands in `CALLERS`.
"""

import re
from collections.abc import Iterable, Mapping

from analysis.run.facts import code, part
from analysis.section import Section
from benchmarks.autograd.record.subjects import CALLERS

_METHOD = re.compile(r"\b(_?[a-z]\w*_)\(")
#: The call whose own argument it is: between its parenthesis and the flag, those of other calls are closed again.
_FLAG = re.compile(r"\b((?:nn|F)\.\w+)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?\binplace=True")


def scenario_callers(sections: Iterable[Section]) -> Mapping[str, tuple[str, ...]]:
    """By pair: the scenarios whose in-place variant calls it, as far as the stored code of both shows it."""
    variants, scenarios = {}, {}
    for section in sections:
        for pair in part(section.run.facts, "pairs"):
            both = code(section.run.facts, pair)
            if both:
                (scenarios if pair in section.declarations else variants)[pair] = both[1]
    found = {pair: _callers(inplace, scenarios) for pair, inplace in variants.items()}
    for pair, names in CALLERS.items():
        found[pair] = found.get(pair, set()) | (set(names) & scenarios.keys())
    return {pair: tuple(sorted(names)) for pair, names in found.items() if names}


def _callers(inplace: str, scenarios: Mapping[str, str]) -> set[str]:
    """The scenarios whose code has the method, function or flag that a pair's in-place variant calls."""
    if flag := _FLAG.search(inplace):
        return {name for name, text in scenarios.items() if any(flag[1] == each[1] for each in _FLAG.finditer(text))}
    method = _METHOD.search(inplace)
    if method is None:
        return set()
    wanted = re.compile(rf"\b{re.escape(method[1])}\b")
    return {name for name, text in scenarios.items() if wanted.search(text)}
