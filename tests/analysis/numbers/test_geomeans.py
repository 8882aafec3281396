"""Geomeans carry their n and their inconclusive cases, and never mix what may not share a headline."""

import math
from pathlib import Path

import pandas as pd
import pytest

from analysis.numbers.geomeans import at_typical_size, geomeans, headline, on_fresh_heap
from analysis.run.load import StoredRun
from analysis.section import sections
from tests.analysis.invented import append_failure, append_times, around, case, empty_run
from tests.analysis.only_section import only_section


def table(rows: list[tuple]) -> pd.DataFrame:
    """Cases from (family, phase, size, speedup, verdict)."""
    frame = pd.DataFrame(rows, columns=["family", "phase", "size", "speedup", "verdict"])
    logs = [math.log(s) if s else math.nan for s in frame["speedup"]]
    return frame.assign(log_speedup=logs, allocator="retained", felt_speedup=math.nan, host_decides=None)


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


def test_what_is_felt_has_a_geomean_over_the_same_cases() -> None:
    """A case whose host times are unknown counts as its device's time says."""
    cases = table([("a", "step", 8, 1.0, "no difference")] * 3 + [("a", "inference", 8, 2.0, "faster")])
    cases = cases.assign(felt_speedup=[8.0, 1.0, math.nan, math.nan], host_decides=[True, False, None, None])
    means = geomeans(cases, ["phase"]).set_index("phase")
    assert means.loc["step", ["speedup", "felt_speedup", "host_decides", "n"]].tolist() == pytest.approx([1, 2, 1, 3])
    assert means.loc["inference", ["felt_speedup", "host_decides"]].isna().all()


def test_sizes_go_upwards() -> None:
    cases = table([("a", "step", n, 2.0, "faster") for n in (4096, 8, 512)])
    assert geomeans(cases, ["size"])["size"].tolist() == [8, 512, 4096]


def test_nothing_compared_is_an_empty_table() -> None:
    assert geomeans(table([("a", "step", 8, None, None)]), ["family", "phase"]).empty


def test_fresh_cases_stand_apart_unless_alone(run: StoredRun) -> None:
    (section,) = sections([run])
    cases = section.cases
    assert "fresh" not in set(headline(cases)["allocator"])
    assert on_fresh_heap(cases)["speedup"].tolist() == pytest.approx([12.0])
    alone = cases[cases["allocator"] == "fresh"]
    assert len(headline(alone)) == 1
    assert on_fresh_heap(alone).empty


def test_crossed_axes_count_once(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for pair, speed in (("add", 2.0), ("relu", 0.5)):
        append_times(folder, case(pair), around(speed, 0.01))
    for fields in ({"dtype": "bfloat16"}, {"layout": "transposed"}, {"operand": "broadcast"}):
        append_times(folder, case("add", **fields), around(9.0, 0.01))
    append_times(folder, case("add", dtype="bfloat16", allocator="fresh"), around(99.0, 0.01))
    cases = only_section(folder).cases
    assert geomeans(headline(cases), ["phase"])[["speedup", "n"]].to_numpy().tolist() == [pytest.approx([1.0, 2])]
    assert on_fresh_heap(cases).empty, "fresh is of plain cases, too"


def test_where_nothing_plain_has_a_verdict_the_others_speak(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_failure(folder, case("add"), "crashed", "killed")
    append_times(folder, case("add", dtype="bfloat16"), around(2.0, 0.01))
    assert headline(only_section(folder).cases)["label"].tolist() == ["add (bfloat16)"]


def table_of(rows: list[tuple[str, int]]) -> pd.DataFrame:
    """Plain cases from (label, size)."""
    frame = pd.DataFrame(rows, columns=["label", "size"])
    return frame.assign(numel=frame["size"], plain=True, allocator="retained", threads=1)


def test_typical_is_the_largest_size_that_nearly_all_ops_have() -> None:
    rows = [(label, n) for n in (8, 64) for label in "abcdefghij"] + [("a", 512)]
    size, shown = at_typical_size(table_of(rows), 0.9)
    assert (size, set(shown["size"]), len(shown)) == (64, {64}, 10)


def test_an_op_without_the_typical_size_answers_with_the_nearest() -> None:
    rows = [(label, 64) for label in "abcdefghij"] + [("slow", 2), ("slow", 16), ("slow", 4096)]
    size, shown = at_typical_size(table_of(rows), 0.9)
    assert size == 64
    assert shown.loc[shown["off_size"], ["label", "size"]].to_numpy().tolist() == [["slow", 16]]


def test_typical_shows_plain_cases_of_the_warm_heap_with_most_threads() -> None:
    frame = table_of([("a", 8)] * 4).assign(
        plain=[False, True, True, True],
        allocator=["retained", "fresh", "retained", "retained"],
        threads=[8, 8, 1, 2],
    )
    _, shown = at_typical_size(frame, 0.9)
    assert shown.index.tolist() == [3]
