"""Rows and sentences of a comparison: what is named, in which order, in which units."""

import math
import re

import pytest

from analysis.gate import sentences
from analysis.gate.change import Change, Limits
from analysis.gate.compare import compare
from analysis.gate.gated_run import TIMED_QUANTITIES
from analysis.gate.rows import case_namer, change_rows, numbers_text, quantity_text
from analysis.numbers.quantities import GATED
from tests.analysis.gate.gated import both, loaded, passes, stored
from tests.analysis.invented import case


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "inference, 64 Ki"),
        ({"dtype": "bfloat16", "layout": "transposed"}, "inference, 64 Ki, bfloat16, transposed"),
        ({"operand": "scalar", "other_requires_grad": True}, "inference, 64 Ki, scalar, other requires grad"),
        ({"allocator": "fresh", "device": "cuda:0"}, "inference, 64 Ki, cuda:0, fresh"),
        ({"shape": (256, 256)}, "inference, 256x256"),
    ],
)
def test_a_case_is_named_by_what_is_unusual(fields: dict, name: str) -> None:
    of = case("relu", **fields)
    assert case_namer([of])(of).replace("\u00a0", " ") == name


def test_an_axis_without_a_usual_value_is_named_where_cases_differ() -> None:
    cases = [case("relu", threads=threads) for threads in (1, 2)]
    assert [case_namer(cases)(of).replace("\u00a0", " ") for of in cases] == [
        "inference, 64 Ki, threads 1",
        "inference, 64 Ki, threads 2",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            Change("speedup", "worse", 1.5, 1.35, math.log(1 / 0.9), 0.05, 0.2),
            ("1.50x", "1.35x", "-10 % (-18 % to -4.9 %)"),
        ),
        (
            Change("inplace_time_s", "worse", 1e-6, 1.1e-6, math.log(1.1), 0.0, 0.2),
            ("1.00 µs", "1.10 µs", "+10 % (+0.0 % to +22 %)"),
        ),
        (Change("inplace_peak_bytes", "worse", 4096, 4100), ("4 KiB", "4.00 KiB", "+4 B")),
        (Change("inplace_peak_bytes", "better", 4096, 2048), ("4 KiB", "2 KiB", "-2 KiB")),
    ],
)
def test_numbers_have_their_units(change: Change, said: tuple) -> None:
    assert tuple(text.replace("\u00a0", " ") for text in numbers_text(change)) == said


def test_quantities_are_written_as_prose_writes_them() -> None:
    said = {
        "speedup": "speedup",
        "felt_speedup": "felt speedup",
        "outofplace_time_s": "out-of-place time",
        "inplace_felt_time_s": "in-place felt time",
        "outofplace_peak_bytes": "out-of-place peak bytes",
        "inplace_step_peak_bytes": "in-place step peak bytes",
    }
    assert {name: quantity_text(name) for name in said} == said


def test_every_quantity_that_the_gate_judges_has_a_text() -> None:
    counted = [column for quantity in GATED for column in quantity.columns]
    assert all(quantity_text(name) for name in (*TIMED_QUANTITIES, *counted))


def test_the_worst_comes_first(tmp_path) -> None:
    same = {f"same_{number}": passes(1.5) for number in range(12)}
    falls = {"a_little": 1.35, "most": 0.9, "much": 1.1}
    base = stored(tmp_path, "base", same | dict.fromkeys(falls, passes(1.5)))
    head = stored(tmp_path, "head", same | {pair: passes(speedup) for pair, speedup in falls.items()})
    found = change_rows(compare(*loaded(base, head), Limits()), "worse")
    assert list(dict.fromkeys(row.pair for row in found)) == ["most", "much", "a_little"]


@pytest.mark.slow
def test_what_most_times_share_is_told(tmp_path) -> None:
    pairs = [f"same_{number}" for number in range(12)]
    base = stored(tmp_path, "base", {pair: passes(1.5) for pair in pairs})
    head = stored(tmp_path, "head", {pair: passes(1.5, out=1.4e-4) for pair in pairs})
    lines = [
        line.replace("\u00a0", " ") for line in sentences.comparison_sentences(compare(*loaded(base, head), Limits()))
    ]
    (shared,) = (line for line in lines if "moved together" in line)
    assert re.search(r": both \+[34]\d % at 64 Ki \(cpu, retained\)\.", shared)
    few = compare(*loaded(*both(tmp_path / "few", ["same_1"])), Limits())
    assert any("Too few cases to know the machine's drift" in line for line in sentences.comparison_sentences(few))
