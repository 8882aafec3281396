"""The command beside a stored row measures that row and no other."""

import shlex
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression

from analysis.cards.repeat import repeat_options, repeat_pair
from benchmarks.cli import _parser
from benchmarks.planning.axes import case_id
from benchmarks.planning.options import OPTIONS
from benchmarks.planning.plan import make_plan
from benchmarks.record import Case


def planned(command: str) -> set[Case]:
    """The cases that `python -m benchmarks run ...` would measure: its plan's, those that its -k expression chooses."""
    parsed = _parser().parse_args(shlex.split(command)[3:])
    plan = make_plan({option.name: getattr(parsed, option.name) for option in OPTIONS}, parsed.select)
    ids = {case: f"bench_{case.phase}[{case_id(case)}]".lower() for case in plan.cases}
    chooses = Expression.compile(parsed.select)
    return {
        case
        for case, name in ids.items()
        if not parsed.select or chooses.evaluate(lambda word, name=name: word.lower() in name)
    }


@pytest.fixture(scope="module")
def everything() -> list[Case]:
    return list(planned("python -m benchmarks run --preset quick --device cpu --threads 1"))


def test_each_row_of_a_run_by_its_command(everything: list[Case]) -> None:
    """One of each kind."""
    facts = {"options": {"preset": "quick", "device": "cpu", "threads": "1"}}
    kinds = {(c.family, c.phase, c.dtype, c.layout, c.operand, c.allocator, bool(c.scale)): c for c in everything}
    assert len(kinds) > 20
    for case in kinds.values():
        assert planned(f"{repeat_pair(facts, case.pair)} {repeat_options(case)}") == {case}


def test_a_shape_of_the_users_own() -> None:
    command = "python -m benchmarks run --preset smoke --device cpu --threads 1 --pair relu --shape 7x9,5"
    facts = {"options": {"preset": "smoke", "shape": "7x9,5"}}
    for case in planned(command + ""):
        assert planned(f"{repeat_pair(facts, case.pair)} {repeat_options(case)}") == {case}


def test_a_pair_by_its_command(everything: list[Case]) -> None:
    facts = {"options": {"preset": "quick"}}
    command = repeat_pair(facts, "add") + " --device cpu --threads 1"
    assert planned(command) == {case for case in everything if case.pair == "add"}


def test_the_users_own_pairs_come_from_their_file(tmp_path: Path) -> None:
    file = tmp_path / "my pairs.py"
    file.write_text(
        "from benchmarks.catalogue import Pair\n"
        "def twice(x): return x * 2\n"
        "PAIRS = (Pair('twice', outofplace=twice, inplace=lambda x: x.mul_(2)),)\n"
    )
    facts = {"options": {"preset": "smoke", "pairs": str(file), "passes": "2", "label": "kept out"}}
    command = repeat_pair(facts, "twice")
    assert command == f"python -m benchmarks run --preset smoke --pairs '{file}' --passes 2 --pair twice"
    assert {case.pair for case in planned(command)} == {"twice"}
