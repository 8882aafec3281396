"""Exponents of power laws are found, and judged beside the expected ones."""

import math

import pandas as pd
import pytest

from analysis.report.html.growth_curves import HEIGHT, growth_panel
from analysis.run.scenarios import DeclaredScenario
from analysis.scenarios.growth import fit, growing_quantities, growth_rows, judge_growth, points
from benchmarks.record import VARIANTS, Growth


def rows(seconds: dict[int, float], phase: str = "step", **fields: object) -> pd.DataFrame:
    """Cases of one scenario: out-of-place times by scale, in-place half of them."""
    frame = pd.DataFrame({"scale": list(seconds), "outofplace_time_s": list(seconds.values())})
    frame["inplace_time_s"] = frame["outofplace_time_s"] / 2
    for name in ("peak_bytes", "held_bytes"):
        for variant in ("outofplace", "inplace"):
            frame[f"{variant}_{name}"] = pd.array([None] * len(frame), dtype="Int64")
    return frame.assign(pair="rnn", phase=phase, axis="steps", **fields)


def law(exponent: float, *scales: int) -> dict[int, float]:
    return {scale: 1e-6 * scale**exponent for scale in scales}


def expected(exponent: float) -> Growth:
    return Growth("step", "time", "outofplace", exponent, "by derivation", "")


def test_a_steep_law_through_near_scales_stays_finite() -> None:
    """Its constant is beyond what a float can hold, its values are not."""
    seconds = {1023: 1.0, 1024: 2.0, 1025: 4.0}
    found = fit(list(seconds.items()))
    assert found.exponent > 500
    assert [found.at(scale) for scale in seconds] == pytest.approx([1.0, 2.0, 4.0], rel=0.01)


RNN = DeclaredScenario("rnn", axis="steps")


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 0.5])
def test_a_power_law_is_found_exactly(exponent: float) -> None:
    found = fit(list(law(exponent, 8, 16, 32).items()))
    assert (found.exponent, found.error) == pytest.approx((exponent, 0.0), abs=1e-7)
    assert (found.first, found.last, found.at(64)) == (8, 32, pytest.approx(1e-6 * 64**exponent))


def test_fixed_cost_at_small_scales_is_left_out() -> None:
    values = {2: 1e-3, 4: 1e-3, 8: 1e-3, **law(2, 1024, 2048, 4096)}
    assert fit(list(values.items())).exponent == pytest.approx(2.0)
    seven = law(1, 1, 2, 4, 8, 16, 32, 64)
    assert (fit(list(seven.items())).first, fit(list(seven.items())).last) == (8, 64), "the upper half of many"


def test_two_scales_are_no_law() -> None:
    assert fit(list(law(1, 8, 16).items())) is None
    assert fit([]) is None


def test_what_is_not_above_zero_or_unknown_is_no_point() -> None:
    frame = rows({32: 3.0, 2: math.nan, 4: 0.0, 8: -1.0, 16: 2.0})
    assert points(frame, "time", "outofplace") == [(16, 2.0), (32, 3.0)]
    assert points(frame, "held", "inplace") == []


@pytest.mark.parametrize(
    ("exponent", "outcome"), [(2.0, "confirmed"), (1.8, "confirmed"), (1.7, "contradicted"), (2.3, "contradicted")]
)
def test_an_exponent_is_judged_within_a_quarter(exponent: float, outcome: str) -> None:
    found = judge_growth(RNN, expected(2.0), rows(law(exponent, 8, 16, 32)))
    assert found.outcome == outcome
    assert found.expected == "out-of-place: time ∝ steps^2"
    assert found.measured == f"∝ steps^{exponent:.2f} ± 0.00, steps 8 to 32"
    assert found.numbers["measured_exponent"] == pytest.approx(exponent)


def test_what_is_no_power_law_is_open() -> None:
    found = judge_growth(RNN, expected(1.0), rows({8: 1.0, 16: 100.0, 32: 1.0}))
    assert found.outcome == "open"
    assert found.measured.endswith("no power law")


def test_too_few_scales_are_open() -> None:
    found = judge_growth(RNN, expected(1.0), rows(law(1, 8, 16)))
    assert (found.outcome, found.measured) == ("open", "measured at 2 of the 3 scales that a fit needs")


def test_growth_is_told_where_it_is_expected_else_of_the_whole_step() -> None:
    frame = pd.concat([rows(law(1, 8, 16), phase) for phase in ("inference", "backward", "step")])
    assert [each[:2] for each in growing_quantities(frame, RNN)] == [("step", "time")]
    expects = (Growth("backward", "time", "inplace", 1.0, "", ""), Growth("forward", "held", "inplace", 1.0, "", ""))
    ((phase, quantity, mine),) = growing_quantities(frame, DeclaredScenario("rnn", expects=expects))
    assert (phase, quantity, set(mine["phase"]), len(mine)) == ("backward", "time", {"backward"}, 2)
    assert not list(growing_quantities(rows(law(1, 8)), RNN)), "one scale is no growth"


def test_no_growth_is_said_in_words() -> None:
    found = judge_growth(RNN, expected(0.0), rows(law(0, 8, 16, 32)))
    assert (found.expected, found.outcome) == ("out-of-place: time does not grow with steps", "confirmed")


def test_every_fit_is_a_row() -> None:
    table = growth_rows(pd.concat([rows(law(1, 8, 16, 32)), rows(law(2, 8, 16), "inference")]))
    assert table[["phase", "quantity", "variant", "from_scale", "to_scale"]].to_numpy().tolist() == [
        ["step", "time", "outofplace", 8, 32],
        ["step", "time", "inplace", 8, 32],
    ]
    assert table["exponent"].tolist() == pytest.approx([1.0, 1.0])


def test_what_does_not_grow_has_an_axis_of_some_height() -> None:
    """Differences of rounding errors do not fill the panel: the marks lie at one height, in its middle."""
    same = rows({2: 1.0, 4: 1.0, 8: 1.001}, host_decides=None, felt_speedup=float("nan"))
    same["inplace_time_s"] = same["outofplace_time_s"] * 1.002
    panel = growth_panel("step", "time", same, "batch", dict.fromkeys(VARIANTS, "a"))
    heights = [y for line in panel.lines for _, y, _ in line.marks]
    assert len(heights) == 6 and max(heights) - min(heights) < 1
    assert 0.3 * HEIGHT < min(heights) < max(heights) < 0.6 * HEIGHT
