"""Geomeans carry their n and their inconclusive cases, and never mix what may not share a headline."""

import math

import pandas as pd
import pytest

from analysis.geomeans import fresh, geomeans, headline, op_labels, typical


def table(rows: list[tuple]) -> pd.DataFrame:
    """Cases from (family, phase, numel, speedup, verdict)."""
    frame = pd.DataFrame(rows, columns=["family", "phase", "numel", "speedup", "verdict"])
    return frame.assign(log_speedup=[math.log(s) if s else math.nan for s in frame["speedup"]], allocator="retained")


def test_geomean_n_and_counts() -> None:
    cases = table(
        [
            ("a", "step", 8, 4.0, "faster"),
            ("a", "step", 8, 1.0, "inconclusive"),
            ("a", "inference", 8, 0.5, "slower"),
            ("b", "inference", 8, 1.0, "no difference"),
            ("b", "inference", 8, 9.0, None),
        ]
    )
    means = geomeans(cases, ["phase"]).set_index("phase")
    assert list(means.index) == ["inference", "step"], "phases come in the order a step goes through them"
    assert means.loc["step", ["speedup", "n", "inconclusive", "faster"]].tolist() == pytest.approx([2.0, 2, 1, 1])
    assert means.loc["inference", ["speedup", "n", "slower"]].tolist() == pytest.approx([0.5**0.5, 2, 1])


def test_sizes_go_upwards() -> None:
    cases = table([("a", "step", n, 2.0, "faster") for n in (4096, 8, 512)])
    assert geomeans(cases, ["numel"])["numel"].tolist() == [8, 512, 4096]


def test_nothing_compared_is_an_empty_table() -> None:
    assert geomeans(table([("a", "step", 8, None, None)]), ["family", "phase"]).empty


def test_fresh_cases_stand_apart_unless_alone(cases: pd.DataFrame) -> None:
    assert "fresh" not in set(headline(cases)["allocator"])
    assert fresh(cases)["speedup"].tolist() == pytest.approx([12.0])
    alone = cases[cases["allocator"] == "fresh"]
    assert len(headline(alone)) == 1
    assert fresh(alone).empty


def test_labels_tell_operands_apart_only_where_needed() -> None:
    frame = pd.DataFrame(
        {
            "pair": ["relu", "mul", "mul", "mul"],
            "operand": ["none", "scalar", "same", "same"],
            "other_requires_grad": [False, False, False, True],
        }
    )
    assert op_labels(frame).tolist() == ["relu", "mul (scalar)", "mul (same)", "mul (same) + grad"]


def test_typical_is_the_largest_size_that_nearly_all_ops_have() -> None:
    rows = [(label, n) for n in (8, 64) for label in "abcdefghij"] + [("a", 512)]
    frame = pd.DataFrame(rows, columns=["label", "numel"])
    frame = frame.assign(shape=[(n,) for n in frame["numel"]], dtype="float32", layout="contiguous", threads=1)
    assert set(typical(frame)["numel"]) == {64}
    assert len(typical(frame)) == 10
