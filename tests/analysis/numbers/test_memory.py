"""Bytes in multiples of the input, and ops that need the same grouped."""

from pathlib import Path

import pytest

from analysis.numbers.memory import input_bytes, memory_note, ops_by_need, pair_bytes
from analysis.numbers.ratios import case_table
from analysis.run.load import load_run
from tests.analysis.invented import append_bytes, case, empty_run

N = 4 * 65536


@pytest.mark.parametrize(("dtype", "expected"), [("float32", 40), ("bfloat16", 20), ("bool", 10), ("qint7", None)])
def test_input_bytes(dtype: str, expected: int | None) -> None:
    assert input_bytes(10, dtype) == expected


@pytest.mark.parametrize(
    ("state", "reason", "note"),
    [
        ("crashed", "killed by signal 9", "memory: crashed: killed by signal 9"),
        ("crashed", None, "memory: crashed"),
        (None, "peak_bytes differ between passes", "memory: peak_bytes differ between passes"),
        (None, None, None),
    ],
)
def test_what_is_said_of_bytes_beside_times(state: str | None, reason: str | None, note: str | None) -> None:
    assert memory_note(state, reason) == note


def test_ops_that_need_the_same_share_a_row(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for name in ("relu", "exp"):
        append_bytes(folder, case(name), {"peak_bytes": 2 * N}, {"peak_bytes": N})
        forward = case(name, phase="forward")
        append_bytes(folder, forward, {"peak_bytes": 2 * N, "held_bytes": N}, {"peak_bytes": N, "held_bytes": N})
    append_bytes(folder, case("clamp"), {"peak_bytes": 2 * N}, {"peak_bytes": N})
    cases = case_table(load_run(folder))
    groups = ops_by_need(pair_bytes(cases.assign(label=cases["pair"])))
    assert groups["labels"].tolist() == [["exp", "relu"], ["clamp"]]
    assert groups["peak without autograd"].tolist() == [(2.0, 1.0), (2.0, 1.0)]
    assert groups["held for backward"].tolist() == [(1.0, 1.0), None]


def test_the_largest_size_answers(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_bytes(folder, case("relu", numel=4), {"peak_bytes": 128}, {"peak_bytes": 64})
    append_bytes(folder, case("relu"), {"peak_bytes": 2 * N}, {"peak_bytes": N})
    cases = case_table(load_run(folder))
    answers = pair_bytes(cases.assign(label=cases["pair"]))
    assert answers[["outofplace", "inplace"]].to_numpy().tolist() == [[2.0, 1.0]]


def test_held_bytes_of_a_step_answer_where_forward_was_not_run(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    step = case("elu", phase="step")
    append_bytes(folder, step, {"held_bytes": 2 * N, "step_peak_bytes": 3 * N}, {"held_bytes": N, "step_peak_bytes": N})
    cases = case_table(load_run(folder))
    answers = pair_bytes(cases.assign(label=cases["pair"])).set_index("question")
    assert answers.loc["held for backward", "outofplace"] == 2.0
    assert answers.loc["peak, whole step", "inplace"] == 1.0
