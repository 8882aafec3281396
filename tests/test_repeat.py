"""The command beside a stored row measures that row and no other."""

import json
import shlex
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest
from _pytest.mark.expression import Expression

from analysis.cards.repeat import repeat_options, repeat_pair
from benchmarks.catalogue import families
from benchmarks.cli import _parser
from benchmarks.planning.options import OPTIONS
from benchmarks.planning.plan import make_plan
from benchmarks.record import OUTOFPLACE, Case
from benchmarks.record.case_name import case_id


def planned(command: str) -> set[Case]:
    """The cases that `python -m benchmarks run ...` would measure: its plan's, those that its -k expression chooses."""
    parsed = _parser().parse_args(shlex.split(command)[3:])
    plan = make_plan({option.name: getattr(parsed, option.name) for option in OPTIONS}, parsed.select)
    chooses = Expression.compile(parsed.select)
    return {case for case in plan.cases if not parsed.select or chooses.evaluate(_matcher(case))}


def _matcher(case: Case):
    """As pytest's -k matches: a word is part of the name of the item, or of what holds it."""
    item = f"bench_{case.phase}[{case_id(case)}-{OUTOFPLACE}]"
    names = [name.lower() for name in ("benchmarks", f"bench_{case.family}.py", item)]
    return lambda word: any(word.lower() in name for name in names)


def check(facts: dict, cases: Iterable[Case]) -> None:
    for case in cases:
        assert planned(f"{repeat_pair(facts, case.pair)} {repeat_options(facts, case)}") == {case}


def of_each_kind(cases: Iterable[Case]) -> list[Case]:
    """One of each combination of values but the pair and the shape."""
    return list({replace(c, pair="", numel=1, shape=(1,), scale=min(c.scale, 1)): c for c in cases}.values())


THREADS = ",".join(map(str, sorted({1, psutil.cpu_count() or 1})))


@pytest.fixture(scope="module")
def everything() -> list[Case]:
    return list(planned(f"python -m benchmarks run --preset quick --device cpu --threads {THREADS}"))


def test_each_row_of_a_run_by_its_command(everything: list[Case]) -> None:
    """One of each kind."""
    cases = of_each_kind(everything)
    assert len(cases) > 40
    check({"options": {"preset": "quick", "device": "cpu", "threads": THREADS, "select": "relu"}}, cases)


def test_a_shape_of_the_users_own() -> None:
    command = "python -m benchmarks run --preset smoke --device cpu --threads 1 --pair relu --shape 7x9,5"
    check({"options": {"preset": "smoke", "shape": "7x9,5"}}, planned(command))


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"numel": "1000,4Ki", "dtype": "float64,bfloat16", "pair": "add,foreach_add"},
        {"layout": "transposed,strided,contiguous", "operand": "broadcast,zero_dim,scalar,same", "pair": "mul"},
        {"scale": "3,5", "pair": "resnet20_relu,adam_fused"},
    ],
    ids=lambda options: " ".join(options),
)
def test_axis_values_of_the_users_own(options: dict[str, str]) -> None:
    words = shlex.join(word for name, value in options.items() for word in (f"--{name}", value))
    cases = planned(f"python -m benchmarks run --preset quick --device cpu --threads {THREADS} {words}")
    assert len(of_each_kind(cases)) > 3
    check({"options": {"preset": "quick", **options}}, cases)


def test_a_pair_by_its_command(everything: list[Case]) -> None:
    facts = {"options": {"preset": "quick"}}
    command = repeat_pair(facts, "add") + f" --device cpu --threads {THREADS}"
    assert planned(command) == {case for case in everything if case.pair == "add"}


#: Names that hold the words by which a row is chosen, or that the catalogue has as well; a scenario among them.
OWN = """
from torch import nn
from benchmarks.catalogue import Pair
from benchmarks.catalogue.scenarios import Scenario
def twice(x, other): return x * other
def pair(name): return Pair(name, twice, lambda x, other: x.mul_(other), others=("real",), scalar=True)
PAIRS = (
    pair("twice"), pair("first step then inference"), pair("fresh retained not othergrad"), pair("exp"),
    Scenario("step or net", lambda n: nn.Linear(4, 4), lambda n: nn.Linear(4, 4), (2, 4), scales=(1, 2)),
)
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "my pairs.py"
    file.write_text(OWN)
    return file


def test_the_users_own_pairs_come_from_their_file(own: Path) -> None:
    facts = {"options": {"preset": "smoke", "pairs": str(own), "passes": "2", "label": "kept out"}}
    command = repeat_pair(facts, "twice")
    assert command == f"python -m benchmarks run --preset smoke --pairs '{own}' --passes 2 --pair twice"
    assert {case.pair for case in planned(command)} == {"twice"}


@pytest.mark.parametrize("axes", ["", "--numel 1000 --operand scalar,same", "--scale 2"])
def test_each_row_of_a_users_file(own: Path, axes: str) -> None:
    typed = f"python -m benchmarks run --preset quick --device cpu --threads {THREADS} --pairs '{own}' {axes}"
    cases = planned(typed)
    assert {case.pair for case in cases} >= {"step or net"} if "scale" in axes else {"exp", "twice"}
    check({"options": {"preset": "quick", "pairs": str(own)}}, cases)


def test_cases_that_were_listed_one_by_one(tmp_path: Path) -> None:
    """Smoke itself has none of them."""
    exp = next(pair for pair in families()["pointwise"] if pair.name == "exp")
    case = Case("pointwise", exp.name, "step", 1000, (1000,), "float64", "contiguous", "none", False, "cpu", "fresh", 1)
    listed = [case, replace(case, phase="forward"), replace(case, allocator="retained")]
    listed.append(replace(case, numel=99, shape=(9, 11)))
    file = tmp_path / "my cases.json"
    file.write_text(json.dumps([asdict(each) for each in listed]))
    facts = {"options": {"preset": "smoke", "cases": str(file), "device": "cpu"}}
    assert planned(repeat_pair(facts, "exp")) == set(listed)
    check(facts, listed)
