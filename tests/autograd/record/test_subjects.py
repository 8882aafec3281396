"""What claims and hazards concern: every one is declared, and the catalogue's own statements agree."""

import re

import pytest

from benchmarks.autograd.claims import CLAIMS
from benchmarks.autograd.hazards import HAZARDS
from benchmarks.autograd.record.subjects import CALLERS, SUBJECTS, concerns
from benchmarks.catalogue import families, scenarios
from benchmarks.record import INPLACE

PAIRS = [pair for family in families().values() for pair in family]
SCENARIOS = [scenario for topic in scenarios.topics().values() for scenario in topic]
OPS = sorted({op for ops in SUBJECTS.values() for op in ops})

#: A name that ends in an underscore is torch's in-place variant; so is a call with `inplace=True`.
TRAILING = re.compile(r"(?<![A-Za-z0-9])_*([A-Za-z][A-Za-z0-9_]*?)_(?![A-Za-z0-9_])")
FLAG = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\([^()]*\binplace=True")
AUGMENTED = re.compile(r"[A-Za-z0-9_\])] ?(\*\*|//|<<|>>|[-+*/%&|^])= ")
SYMBOLS = {"iadd": "+", "imul": "*"}


def spelled_alike(name: str) -> str:
    """'leaky_relu', 'LeakyReLU' -> 'leakyrelu'; 'iadd' -> '+'."""
    return SYMBOLS.get(name, name.replace("_", "").lower())


def written_in_place(code: str) -> set[str]:
    """The ops that `code` calls in place: `x.relu_()`, `F.relu_(x)` and `nn.ReLU(inplace=True)` are all 'relu'."""
    names = [*TRAILING.findall(code), *FLAG.findall(code)]
    return {*map(spelled_alike, names), *AUGMENTED.findall(f"{code} ")}


def test_every_claim_and_hazard_is_declared_and_no_other() -> None:
    names = [each.name for each in (*CLAIMS, *HAZARDS)]
    assert len(names) == len(set(names))
    assert set(SUBJECTS) == set(names)


def test_every_op_and_caller_is_in_the_catalogue() -> None:
    pairs, known = {pair.name for pair in PAIRS}, {each.name for each in (*PAIRS, *SCENARIOS)}
    assert set(OPS) <= pairs
    assert set(CALLERS) <= set(OPS)
    assert {name for names in CALLERS.values() for name in names} <= known


@pytest.mark.parametrize("op", [op for op in OPS if not op.startswith("setitem")])  # which no name or symbol betrays
def test_the_callers_of_an_op_are_those_whose_statements_call_it(op: str) -> None:
    calling = {
        each.name for each in (*PAIRS, *SCENARIOS) if spelled_alike(op) in written_in_place(each.statement(INPLACE))
    }
    assert calling == {op, *CALLERS.get(op, ())}


@pytest.mark.parametrize(
    ("finding", "pair", "expected"),
    [
        ("leaf-add", "add", True),
        ("leaf-add", "sub", False),
        ("negative-alpha", "nn.ELU", True),
        ("negative-alpha", "nn.CELU", False),
        ("residual-after-relu", "resnet18_torchvision", True),
        ("versions", "add", False),
        ("of-another-version", "add", False),
    ],
)
def test_what_concerns_a_pair(finding: str, pair: str, expected: bool) -> None:
    assert concerns(finding, pair) is expected


@pytest.mark.parametrize(
    ("code", "ops"),
    [
        ("x.relu_()", {"relu"}),
        ("F.relu_(x)", {"relu"}),
        ("nn.ReLU(inplace=True)(x)", {"relu"}),
        ("relu(x, inplace=False)", set()),
        ("torch._foreach_add_(xs, others)", {"foreachadd"}),
        ("torch.ops.aten.leaky_relu_(x)", {"leakyrelu"}),
        ("x += other", {"+"}),
        ("x[0] **= other", {"**"}),
        ("x == other", set()),
        ("x.add(other)", set()),
        ("elu_, celu_ and selu_ compute", {"elu", "celu", "selu"}),
    ],
)
def test_what_is_written_in_place(code: str, ops: set[str]) -> None:
    assert written_in_place(code) == ops
