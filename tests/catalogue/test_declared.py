"""The catalogue as declared: nothing twice, nothing that torch does not have, nothing kept out of training idly."""

import importlib
from dataclasses import replace

import pytest
import torch

from benchmarks import catalogue
from benchmarks.catalogue import Pair, PairError, families
from benchmarks.catalogue.pair import NO_GRAPH
from benchmarks.inputs import make_inputs
from benchmarks.record import INPLACE, OUTOFPLACE, PHASES, USER, VARIANTS
from benchmarks.verify.ops import Disagreement, check_op
from tests.catalogue.cases import plain_case
from tests.support.commands import ROOT

PAIRS = [(family, pair) for family, pairs in families().items() for pair in pairs]
each_pair = pytest.mark.parametrize("family, pair", PAIRS, ids=[pair.name for _, pair in PAIRS])


def name_of(parameter):
    return getattr(parameter, "name", parameter)


def test_every_family_has_a_module_of_its_own_and_a_bench_module():
    assert tuple(families()) == catalogue.NAMES and USER not in families()
    for family in families():
        assert f'FAMILY = "{family}"' in (ROOT / f"benchmarks/bench_{family}.py").read_text().splitlines()


@each_pair
def test_both_variants_are_torchs(family, pair):
    assert pair.lacking is None
    for variant in VARIANTS:
        assert callable(getattr(pair, variant) or getattr(torch.Tensor, pair.method(variant)))
    assert pair.method(INPLACE) == pair.method(OUTOFPLACE) + "_"


@each_pair
def test_a_declaration_says_no_more_than_it_must(family, pair):
    assert pair.verify, "the catalogue makes promises"
    assert pair.op != pair.name, "op is the name by default"
    assert isinstance(pair.shape, str), "sizes are the presets'"
    assert pair.phases in (PHASES, NO_GRAPH)
    assert len(set(pair.dtypes)) == len(pair.dtypes)
    assert pair.names, "stands for no in-place name of torch"


@each_pair
def test_statements_are_a_users(family, pair):
    for variant in VARIANTS:
        text = pair.statement(variant)
        assert ("lambda" not in text and "0x" not in text and "(" in text) or "=" in text
    assert pair.statement(OUTOFPLACE) != pair.statement(INPLACE)


@pytest.mark.parametrize("family, pair", [p for p in PAIRS if p[1].phases == NO_GRAPH], ids=name_of)
def test_what_is_kept_out_of_training_has_no_gradient_to_measure(family, pair):
    """Torch has no derivative for one of the variants, the dtype has none, or the gradient is zero everywhere."""
    allowed = replace(pair, phases=PHASES)
    try:
        inputs = make_inputs(allowed, plain_case(family, pair, phase="step"))
        check_op(inputs)
        gradients = [inputs.subjects[v].backward(inputs.subjects[v].call(inputs.restore())) for v in VARIANTS]
    except (RuntimeError, NotImplementedError, Disagreement):
        return
    assert all(not each.any() for grads in gradients for each in grads), "has a gradient: let it train"


@pytest.mark.parametrize("family, pair", [p for p in PAIRS if p[1].scalar], ids=name_of)
def test_a_scalar_operand_is_really_a_python_number(family, pair):
    for dtype in pair.dtypes:
        inputs = make_inputs(pair, plain_case(family, pair, operand="scalar", dtype=dtype))
        assert type(inputs.others[0]) in (float, int, bool)


def test_a_pair_declared_twice_is_refused_by_file_and_name(monkeypatch):
    from benchmarks.catalogue import scans

    monkeypatch.setattr(scans, "PAIRS", (*scans.PAIRS, Pair("exp")))
    with pytest.raises(
        PairError, match=r"^benchmarks/catalogue/scans.py: exp: declared twice, first in .*pointwise.py$"
    ):
        families.__wrapped__()


def test_a_name_that_torch_lacks_is_a_mistake_on_the_torch_the_catalogue_was_written_for(monkeypatch):
    from benchmarks.catalogue import scans

    monkeypatch.setattr(scans, "PAIRS", (Pair("cumproduct"),))
    monkeypatch.setattr(catalogue, "WRITTEN_FOR", ".".join(torch.__version__.split(".")[:2]))
    with pytest.raises(
        PairError, match=r"^benchmarks/catalogue/scans.py: cumproduct: torch .* has no Tensor.cumproduct"
    ):
        families.__wrapped__()
    monkeypatch.setattr(catalogue, "WRITTEN_FOR", "1.0")
    assert families.__wrapped__()["scans"] == (Pair("cumproduct"),)


def test_a_wrong_line_is_refused_by_file_and_name(monkeypatch):
    found = importlib.import_module

    def broken(name):
        return Pair("cumsum", domain="reel") if name.endswith("scans") else found(name)

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(PairError, match=r"^benchmarks/catalogue/scans.py: cumsum: unknown domain 'reel', choose from"):
        families.__wrapped__()
