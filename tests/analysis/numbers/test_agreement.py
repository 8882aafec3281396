"""How far variants agree: read from what passes stored, and told in words."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis.numbers.agreement import BELOW_RESOLUTION, agreement_text, gradient_text
from analysis.numbers.ratios import case_table
from analysis.run.load import load_run
from tests.analysis.invented import append_bytes, append_times, around, case, empty_run


def with_extra(extra: dict) -> tuple[dict, dict]:
    return {"peak_bytes": 8, "extra": extra}, {"peak_bytes": 4, "extra": extra}


def said(error=None, differing=None, outofplace=None, inplace=None, gradient=None, below=False) -> SimpleNamespace:
    return SimpleNamespace(
        agreement_error=error,
        agreement_differing=differing,
        outofplace_rounding_error=outofplace,
        inplace_rounding_error=inplace,
        gradient=gradient,
        below_resolution=below,
    )


@pytest.mark.parametrize(
    "cases, text",
    [
        ([], ""),
        ([said()], ""),
        ([said(0.0, 0.0)], "to the last bit"),
        (
            [said(0.0, 0.0), said(1.2e-7, 0.25)],
            "to 1.2e-07 of the largest magnitude; 25\N{NO-BREAK SPACE}% of elements differ",
        ),
        ([said(0.01), said(0.0)], "to 0.01 of the largest magnitude"),
        (
            [said(0.42, 0.27, 0.0042, 0.0024)],
            "to 0.42 of the largest magnitude; 27\N{NO-BREAK SPACE}% of elements differ; "
            "the in-place variant is nearer to float64 (0.0024, not 0.0042)",
        ),
        (
            [said(0.42, 0.27, 0.0024, 0.0042)],
            "to 0.42 of the largest magnitude; 27\N{NO-BREAK SPACE}% of elements differ; "
            "the out-of-place variant is nearer to float64 (0.0024, not 0.0042)",
        ),
        (
            [said(0.42, 0.27, 0.0024, 0.0024)],
            "to 0.42 of the largest magnitude; 27\N{NO-BREAK SPACE}% of elements differ",
        ),
    ],
)
def test_in_words(cases, text) -> None:
    assert agreement_text(cases) == text


def test_what_changes_less_than_can_be_told_is_told() -> None:
    alone = agreement_text([said(0.0, 0.0, below=True)])
    assert alone == f"to the last bit; but {BELOW_RESOLUTION}"
    assert agreement_text([said(0.1, below=True), said(0.0)]).endswith(f"; but in 1 of 2 cases {BELOW_RESOLUTION}")


def test_what_is_known_of_gradients_is_said_once() -> None:
    assert gradient_text([said(), said(gradient="is the derivative"), said(gradient="is the derivative")]) == (
        "is the derivative"
    )
    assert gradient_text([said()]) == ""


def test_the_largest_of_any_pass_counts_and_what_is_no_number_does_not(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    stored = {
        "error": 0.1,
        "differing": 0.5,
        "inplace_rounding": 0.2,
        "gradient": "is the derivative",
        "same_calls": True,
        "below_resolution": True,
    }
    append_bytes(folder, case("told"), *with_extra(stored))
    append_times(folder, case("told"), around(2.0, 0.01), extra={"error": 0.3, "differing": 0.1})
    append_times(folder, case("old"), around(2.0, 0.01))
    append_bytes(folder, case("broken"), *with_extra({"error": "x", "differing": -1, "same_calls": 1}))
    table = case_table(load_run(folder)).set_index("pair")
    told = table.loc["told"]
    assert (told.agreement_error, told.agreement_differing, told.inplace_rounding_error) == (0.3, 0.5, 0.2)
    assert (told.gradient, bool(told.same_calls), bool(told.below_resolution)) == ("is the derivative", True, True)
    for name in ("old", "broken"):
        row = table.loc[name]
        assert row[["agreement_error", "agreement_differing", "inplace_rounding_error", "gradient"]].isna().all()
        assert not row.same_calls and not row.below_resolution
