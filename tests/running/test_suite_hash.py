"""The hash of the suite covers what measures: whatever a pass loads, and none of what only other commands load."""

import ast

from benchmarks.running.facts import NOT_MEASURING
from tests.support.commands import ROOT

FILES = {path.relative_to(ROOT / "benchmarks").as_posix(): path for path in (ROOT / "benchmarks").rglob("*.py")}
#: Where a pass begins; the files of families and scenarios are loaded by name.
BEGINNINGS = ("conftest.py", "bench_", "catalogue/", "models/")


def imported(name):
    """The files of the suite that a file imports, with the packages around them."""
    found = set()
    for node in ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("benchmarks"):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for parts in (each.split(".")[1:] for each in names):
            around = ("/".join([*parts[:count], "__init__.py"]) for count in range(len(parts) + 1))
            found |= {*around, "/".join(parts) + ".py"} & FILES.keys()
    return found


def loaded():
    waiting, found = [name for name in FILES if name.startswith(BEGINNINGS)], set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += imported(name)
    return found


def test_all_that_a_pass_loads_is_covered():
    assert len(found := loaded()) > 100
    assert sorted(name for name in found if name.startswith(NOT_MEASURING)) == []


def test_of_what_records_autograd_only_that_is_covered():
    in_tracking = {name for name in FILES if name.startswith("tracking/")}
    assert {name for name in in_tracking if not name.startswith(NOT_MEASURING)} == in_tracking & loaded()
    unknown = [each for each in NOT_MEASURING if not any(name.startswith(each) for name in FILES)]
    assert unknown == [], "these leave out nothing"
