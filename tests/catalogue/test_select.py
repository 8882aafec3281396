"""Which pairs take part, and one line for every way in which a user's file or a name can be wrong."""

import contextlib
from pathlib import Path

import pytest
import torch

from benchmarks.catalogue import Pair, families
from benchmarks.catalogue.constructors import foreach
from benchmarks.catalogue.scenarios import FAMILY as SCENARIOS
from benchmarks.catalogue.scenarios import topics
from benchmarks.catalogue.select import PairError, load_pairs, runnable_families, select_families
from benchmarks.record import USER

OWN = """
from benchmarks.catalogue import Pair
PAIRS = (Pair("mine", outofplace=lambda x: x * 2, inplace=lambda x: x.mul_(2)),)
"""


def names(families):
    return {family: [pair.name for pair in pairs] for family, pairs in families.items()}


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "my_pairs.py"
    path.write_text(OWN)
    return path


def test_everything_by_default():
    assert select_families() == {**families(), SCENARIOS: [each for topic in topics().values() for each in topic]}


def test_chosen_names_keep_the_declared_order():
    chosen = select_families(None, ("relu", "mul", "exp"))
    assert names(chosen) == {"pointwise": ["exp", "mul"], "activations": ["relu"]}


def test_a_users_file_is_measured_alone_unless_a_selection_picks(own):
    assert names(select_families(own)) == {USER: ["mine"]}
    assert names(select_families(own, ("mine", "exp"))) == {"pointwise": ["exp"], USER: ["mine"]}
    assert set(select_families(own, (), "mine or exp")) == {*families(), SCENARIOS, USER}


@pytest.mark.parametrize(
    "name, hint",
    [("rleu", "; did you mean relu"), ("exp_", "; did you mean exp"), ("zzzzzz", "$"), ("mine", "")],
)
def test_an_unknown_name_is_met_with_the_close_ones(name, hint):
    with pytest.raises(PairError, match=f"^unknown pair '{name}'{hint}"):
        select_families(None, ("exp", name))


def test_a_name_declared_twice(own):
    own.write_text(OWN + "PAIRS *= 2\n")
    with pytest.raises(PairError, match=r"my_pairs.py: pair 'mine' is declared twice"):
        select_families(own)
    own.write_text(OWN.replace("mine", "exp"))
    assert names(select_families(own)) == {USER: ["exp"]}
    assert names(select_families(own, ("exp",), "bench_step")) == {USER: ["exp"]}, "the command beside its row"
    for chosen, expression in ((("exp", "relu"), ""), ((), "exp")):
        with pytest.raises(PairError, match=r"my_pairs.py: pair 'exp' is declared twice"):
            select_families(own, chosen, expression)


@pytest.mark.parametrize(
    "text, message",
    [
        ("x = 1", "has no PAIRS"),
        ("PAIRS = ()", "must be a tuple of Pair or Scenario, and not empty"),
        ("PAIRS = 3", "must be a tuple of Pair"),
        ("PAIRS = ('exp',)", "must be a tuple of Pair"),
        ("import no_such_module", "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("PAIRS = (", "cannot be imported: SyntaxError: "),
        ("raise ValueError('first\\nsecond')", "cannot be imported: ValueError: first$"),
        ("raise SystemExit(0)", "cannot be imported: SystemExit: 0"),
        ("raise GeneratorExit", "cannot be imported: GeneratorExit$"),
        ("assert False", "cannot be imported: AssertionError$"),
        ("\0", "cannot be imported: "),
        (OWN.replace("outofplace=lambda x: x * 2, ", ""), "mine: declare both callables"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(text, message, own):
    own.write_text(text)
    with pytest.raises(PairError, match=message) as refused:
        load_pairs(own)
    assert str(refused.value).startswith(f"{own}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "name, message",
    [("none.py", "no such file"), ("", "is no file"), ("x" * 300, "File name too long"), ("pairs.txt", "end in .py")],
)
def test_a_path_that_is_no_python_file(name, message, tmp_path):
    (tmp_path / "pairs.txt").write_text(OWN)
    with pytest.raises(PairError, match=message):
        load_pairs(tmp_path / name)


def test_a_file_that_leaves_for_another_folder_leaves_it_alone(own, tmp_path):
    folder = Path.cwd()
    for text in ("import os\nos.chdir('/')\n" + OWN, "import os\nos.chdir('/')\nraise ValueError"):
        own.write_text(text)
        with contextlib.suppress(PairError):
            load_pairs(own)
        assert Path.cwd() == folder


def test_a_file_may_hold_dataclasses(own):
    own.write_text(
        "from __future__ import annotations\nimport dataclasses\n"
        f"@dataclasses.dataclass\nclass State:\n    steps: int = 0\n{OWN.replace('from', 'from', 1)}"
    )
    assert [pair.name for pair in load_pairs(own)] == ["mine"]


def test_an_op_that_torch_does_not_have_is_refused_in_a_users_file(own):
    own.write_text("from benchmarks.catalogue import Pair\nPAIRS = (Pair('softmaxx'),)\n")
    with pytest.raises(PairError, match=r"my_pairs.py: softmaxx: torch .* has no Tensor.softmaxx; did you mean"):
        load_pairs(own)


def test_an_op_that_this_torch_does_not_have_is_skipped_with_the_reason():
    known, of_another, absent = Pair("exp"), Pair("expp"), foreach("nothing")
    families, skipped = runnable_families({"some": (known, of_another), "lists": (absent,)})
    assert families == {"some": [known]}
    version = torch.__version__.split("+")[0]
    assert skipped == {
        "expp": f"torch {version} has no Tensor.expp",
        "foreach_nothing": f"torch {version} has no torch._foreach_nothing",
    }
    with pytest.raises(NotImplementedError, match=r"has no torch\._foreach_nothing_$"):
        absent.inplace([])
