"""What a run declares of its scenarios, where any part may be missing or of another kind."""

import pandas as pd
import pytest

from analysis.run.scenarios import DeclaredScenario, scenarios, with_scenario
from benchmarks.record import Expectation, Growth
from tests.analysis.invented import declaration, expecting, growing


def test_both_kinds_of_expectation_in_declared_order() -> None:
    expects = (growing("time", "inplace", 2), expecting("held", "less", factor=2, about="a belief"))
    (found,) = scenarios({"scenarios": {"rnn": declaration(*expects, axis="steps")}}).values()
    assert found.expects == (
        Growth("step", "time", "inplace", 2, "by derivation", ""),
        Expectation("step", "held", "less", "a paper", "a belief", 2),
    )
    assert (found.name, found.axis, found.scales, found.unread) == ("rnn", "steps", (8, 2, 4, 16), ())


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("less", "net: expectation 2: an expectation must be a JSON object"),
        ({}, "field 'kind' holds 'None'"),
        ({"kind": ["growth"]}, "field 'kind' holds"),
        ({"kind": "growth"}, "field 'phase' is missing"),
        (expecting("speed", "less"), "field 'quantity' holds 'speed'"),
        (expecting("time", "fewer"), "field 'relation' holds 'fewer'"),
        (expecting("time", ["less"]), "field 'relation' holds"),
        (expecting("time", "less", kind="hope"), "field 'kind' holds 'hope'"),
        (expecting("time", "less", factor="two"), "field 'factor' holds 'two'"),
        (expecting("time", "less", factor=-1), "field 'factor' holds '-1'"),
        (expecting("time", "less", factor=1), "a factor says how many times, so it is above 1, not 1"),
        (expecting("time", "less", source=7), "field 'source' holds '7'"),
        (expecting("time", "less", certain=True), "field 'certain' is unknown"),
        (growing("time", "both", 1), "field 'variant' holds 'both'"),
        (growing("time", "inplace", None), "field 'exponent' holds 'None'"),
        (growing("time", "inplace", 1e400), "field 'exponent' holds 'inf'"),
        (expecting("time", "x" * 999), "field 'relation' holds 'xxx"),
    ],
)
def test_an_expectation_that_cannot_be_read_is_a_line(entry: object, line: str) -> None:
    (found,) = scenarios({"scenarios": {"net": declaration(expecting("time", "less"), entry)}}).values()
    assert len(found.expects) == 1, "the others are read"
    (said,) = found.unread
    assert said.startswith("net: expectation 2: ") and line in said and len(said) < 120


@pytest.mark.parametrize("stored", [None, 7, "net", ["net"], {"net": None}, {"net": [1]}, {"net": {"expects": "less"}}])
def test_nothing_is_trusted(stored: object) -> None:
    for found in scenarios({"scenarios": stored}).values():
        assert found.expects == ()
    told = declaration(axis=7, scales=[0, "8", True, 4.0], tolerance="small", topic={}, practice=[], gpu_scales=3)
    (found,) = scenarios({"scenarios": {"net": told}, "pairs": {"net": []}}).values()
    assert (found.scales, found.gpu_scales, found.tolerance, found.axis) == ((), (), None, "7")


def test_expectations_that_are_no_list_are_a_line() -> None:
    (found,) = scenarios({"scenarios": {"net": declaration() | {"expects": {"a": 1}}}}).values()
    assert found.unread == ("net: expects holds {'a': 1}, not a list",)


def test_the_usual_scale_is_the_first_declared_for_the_device_else_the_smallest_measured() -> None:
    scenario = DeclaredScenario("net", scales=(8, 2), gpu_scales=(64, 128))
    assert scenario.usual("cpu", [2, 8, 16]) == 8
    assert scenario.usual("cpu", [16, 2]) == 2
    assert scenario.usual("cuda:0", [64, 128]) == 64
    assert DeclaredScenario("net", scales=(8, 2)).usual("cuda:0", [2, 8]) == 8
    assert DeclaredScenario("undeclared").usual("cpu", [4, 3]) == 3


def test_cases_come_in_declared_order_and_are_told_apart_by_scale() -> None:
    rows = [("other", 4), ("b", 2), ("b", 8), ("a", 8)]
    cases = pd.DataFrame(rows, columns=["pair", "scale"]).assign(device="cpu")
    declared = scenarios({"scenarios": {name: declaration(axis="depth") for name in ("a", "b")}})
    found = with_scenario(cases, declared)
    assert found["qualifiers"].tolist() == [(), ("depth 2",), ("depth 8",), ()]
    assert found[["label", "usual"]].to_numpy().tolist() == [
        ["a", True],
        ["b (depth 2)", False],
        ["b (depth 8)", True],
        ["other", True],
    ]
