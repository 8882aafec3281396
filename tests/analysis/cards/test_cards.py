"""A card holds what is known of one op, and nothing of another."""

from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from analysis.cards.card import CardCase, Need
from analysis.cards.gather import UnknownOp, cards, cards_named
from analysis.right.truth import Truth, read_truth
from analysis.run.load import load_run
from analysis.section import Section, sections
from tests.analysis.correctness import claim, hazard, pair, store
from tests.analysis.invented import append_bytes, append_times, around, case, empty_run

PAIRS = {
    "relu": {"outofplace": "x.relu()", "inplace": "x.relu_()", "note": "a note"},
    "add": {"outofplace": "x.add(y)", "inplace": "x.add_(y)"},
}


@pytest.fixture
def section(tmp_path: Path) -> Section:
    folder = empty_run(tmp_path, pairs=PAIRS, options={"preset": "quick"})
    append_times(folder, case("add"), around(2.0, 0.01))
    append_times(folder, case("relu"), around(1.5, 0.01), other_load_ratio=0.5)
    append_times(folder, case("relu", dtype="bfloat16"), around(0.9, 0.01))
    append_bytes(folder, case("relu"), {"peak_bytes": 2 * 4 * 65536}, {"peak_bytes": 4 * 65536})
    return sections([load_run(folder)])[0]


def test_a_card_an_op_with_its_own_cases_bytes_and_code(section: Section) -> None:
    add, relu = cards(section, Truth())
    assert (add.pair, relu.pair, relu.family) == ("add", "relu", "pointwise")
    assert (relu.outofplace, relu.inplace, relu.note) == ("x.relu()", "x.relu_()", "a note")
    assert (add.note, add.needs, add.safety, add.claims) == (None, (), None, ())
    assert relu.needs == (Need("peak without autograd", 2.0, 1.0),)
    half, full = relu.cases
    assert (half.case.dtype, half.plain, full.plain, full.label) == ("bfloat16", False, True, "relu")
    assert (full.verdict, full.disturbed, full.quantities["peak_bytes"]) == ("faster", True, (524288, 262144))
    assert full.speedup == pytest.approx(1.5)
    assert [advice.word for advice in relu.advice] == ["use it"]


def test_what_is_not_there_is_none(section: Section) -> None:
    values = [
        getattr(each, f.name) for card in cards(section, Truth()) for each in card.cases for f in fields(CardCase)
    ]
    assert not any(value is pd.NA or value != value for value in values)
    full = cards(section, Truth())[1].cases[1]
    assert (full.quantities["held_bytes"], full.host_speedup, full.reason) == ((None, None), None, None)


def test_the_command_names_what_tells_the_row_apart(section: Section) -> None:
    relu = cards(section, Truth())[1]
    assert relu.command == "python -m benchmarks run --preset quick --pair relu"
    assert relu.cases[0].repeat == (
        "--dtype bfloat16 --device cpu --shape 65536 "
        "--layout contiguous --threads 2 --select 'bench_inference and -retained-2t- and not -othergrad-'"
    )


def test_safety_claims_and_hazards_that_speak_of_it(section: Section, tmp_path: Path) -> None:
    stored = tmp_path / "stored"
    store(stored, "safety", pair("relu", nonleaf="raises"), pair("sin"))
    store(stored, "claims", claim("references-decide"), claim("leaf-add"), claim("versions"))
    store(stored, "hazards", hazard("vmap-batched-operand"), hazard("second-derivative-of-view"), hazard("unheard-of"))
    add, relu = cards(section, read_truth([stored]))
    assert relu.safety.cells["nonleaf"].status == "raises"
    assert relu.safety.saved[0].answer == "yes"
    assert add.safety is None
    assert [each.name for each in relu.claims] == ["references-decide"]
    assert [each.name for each in add.claims] == ["leaf-add"]
    assert [each.name for each in relu.hazards] == ["second-derivative-of-view"]
    assert [each.name for each in add.hazards] == ["vmap-batched-operand"]
    assert [advice.word for advice in relu.advice] == ["use it", "never"]


def test_an_unknown_name_is_one_line_with_the_closest(section: Section) -> None:
    made = cards(section, Truth())
    assert [card.pair for card in cards_named(made, "relu")] == ["relu"]
    with pytest.raises(UnknownOp, match="did you mean relu"):
        cards_named(made, "rleu")
    with pytest.raises(UnknownOp, match="2 others"):
        cards_named(made, "quux")
