"""One plain case speaks for each pair, and the others are told apart from it by name."""

import pandas as pd
import pytest

from analysis.numbers.plain import plain_values, with_plain

CONTIGUOUS = {"layout": "contiguous", "operand": "none", "other_requires_grad": False, "dtype": "float32"}


def cases(pair: str, *rows: dict) -> pd.DataFrame:
    """Cases of a pair, each contiguous float32 without another operand unless its row says otherwise."""
    return pd.DataFrame([{"family": "pointwise", "pair": pair, **CONTIGUOUS, **row} for row in rows])


def labels(frame: pd.DataFrame) -> list[str]:
    return with_plain(frame)["label"].tolist()


def test_labels_tell_apart_what_is_not_plain_and_only_that() -> None:
    same = {"operand": "same"}
    frame = cases(
        "mul",
        same,
        same,
        {"operand": "broadcast"},
        {"operand": "scalar"},
        {**same, "dtype": "bfloat16"},
        {**same, "layout": "transposed"},
        {**same, "dtype": "bfloat16", "layout": "strided"},
        {**same, "other_requires_grad": True},
        {"operand": "broadcast", "other_requires_grad": True},
    )
    assert labels(frame) == [
        *("mul", "mul", "mul (broadcast)", "mul (scalar)", "mul (bfloat16)", "mul (transposed)"),
        *("mul (bfloat16, strided)", "mul + grad", "mul (broadcast) + grad"),
    ]
    table = with_plain(frame)
    assert table["plain"].tolist() == [True, True] + [False] * 7
    assert table["qualifiers"].tolist()[-3:] == [("bfloat16", "strided"), ("grad",), ("broadcast", "grad")]
    assert table["other_axes"].tolist()[-3:] == [
        ("layout", "dtype"),
        ("other_requires_grad",),
        ("operand", "other_requires_grad"),
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"layout": "transposed"}] * 3 + [{}], ("contiguous", "none", False, "float32")),
        ([{"layout": "parameters"}], ("parameters", "none", False, "float32")),
        ([{"operand": "scalar"}], ("contiguous", "scalar", False, "float32")),
        ([{"operand": "scalar"}] * 3 + [{"operand": "same"}], ("contiguous", "same", False, "float32")),
        ([{"dtype": "bool"}] * 2 + [{"dtype": "float32"}], ("contiguous", "none", False, "bool")),
        ([{"dtype": "bfloat16"}] * 9 + [{"dtype": "float32"}], ("contiguous", "none", False, "float32")),
        ([{"dtype": "float64"}] * 2 + [{"dtype": "bfloat16"}], ("contiguous", "none", False, "float64")),
        ([{"dtype": "uint8"}, {"dtype": "int64"}], ("contiguous", "none", False, "int64")),
        ([{"dtype": "int8"}, {"dtype": "bfloat16"}], ("contiguous", "none", False, "bfloat16")),
        ([{"other_requires_grad": True}], ("contiguous", "none", True, "float32")),
    ],
)
def test_the_plain_value_of_each_axis(rows: list[dict], expected: tuple) -> None:
    assert plain_values(cases("add", *rows)) == {("pointwise", "add"): expected}


def test_the_usual_dtype_is_that_of_the_cases_that_are_plain_otherwise() -> None:
    crossed = [{"layout": "transposed", "dtype": "bool"}] * 5
    frame = cases("eq", {}, {}, {"dtype": "bool"}, *crossed)
    assert with_plain(frame)["plain"].tolist() == [True, True] + [False] * 6


def test_where_a_run_has_nothing_else_that_is_plain() -> None:
    frame = cases("add", {"dtype": "bfloat16", "layout": "transposed", "operand": "broadcast"})
    assert with_plain(frame)["plain"].tolist() == [True]
    assert labels(frame) == ["add"]


def test_each_pair_has_its_own() -> None:
    frame = pd.concat([cases("add", {}, {}), cases("bitwise_and", {"dtype": "int64"}, {"dtype": "int64"})])
    assert with_plain(frame)["plain"].all()


def test_every_pair_has_a_plain_case_however_its_axes_are_crossed() -> None:
    frame = cases("add", {"layout": "transposed"}, {"dtype": "bfloat16"}, {"operand": "scalar", "layout": "strided"})
    assert with_plain(frame)["plain"].sum() == 1
