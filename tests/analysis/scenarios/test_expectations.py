"""An expectation beside its measurement is confirmed, contradicted or open."""

import math

import pandas as pd
import pytest

from analysis.scenarios.expectations import bytes_change, counts_text, judge_expectation
from benchmarks.record import Expectation

MIB = 2**20


def expected(quantity: str, relation: str, factor: float | None = None) -> Expectation:
    return Expectation("step", quantity, relation, "a paper", "a belief", factor)


def timed(verdict: str | None, low: float = math.nan, high: float = math.nan, **fields: object) -> pd.Series:
    told = {"verdict": verdict, "speedup": (low * high) ** 0.5, "speedup_low": low, "speedup_high": high}
    times = {"outofplace_time_s": 2e-3, "inplace_time_s": 1e-3, "state": "ok", "reason": None}
    return pd.Series({**told, **times, **fields}, dtype=object)


def weighed(outofplace: object, inplace: object, **fields: object) -> pd.Series:
    told = {f"{variant}_{name}_bytes": pd.NA for variant in ("outofplace", "inplace") for name in ("peak", "held")}
    told |= {"outofplace_held_bytes": outofplace, "inplace_held_bytes": inplace, "state": "ok", "reason": None}
    return pd.Series({**told, **fields}, dtype=object)


@pytest.mark.parametrize(
    ("low", "high", "less", "same", "more"),
    [
        (1.2, 1.3, "confirmed", "contradicted", "contradicted"),
        (0.7, 0.8, "contradicted", "contradicted", "confirmed"),
        (0.99, 1.01, "contradicted", "confirmed", "contradicted"),
        (0.9, 1.2, "open", "open", "open"),
        (0.92, 1.09, "open", "confirmed", "open"),
        (0.92, 1.03, "contradicted", "confirmed", "open"),
        (0.975, 1.09, "open", "confirmed", "contradicted"),
        (1.005, 1.09, "open", "confirmed", "contradicted"),
        (1.02, 1.05, "confirmed", "confirmed", "contradicted"),
        (1.04, 1.08, "confirmed", "contradicted", "contradicted"),
    ],
)
def test_time_is_judged_by_the_interval(low: float, high: float, less: str, same: str, more: str) -> None:
    case = timed("whatever", low, high)
    relations = ("less", "same", "more")
    outcomes = [judge_expectation("net", expected("time", relation), case).outcome for relation in relations]
    assert outcomes == [less, same, more]


def test_a_bistable_case_is_judged_by_all_its_passes() -> None:
    case = timed(None, 0.6, 0.8, reason="bistable: passes differ in page faults")
    found = judge_expectation("net", expected("time", "more"), case)
    assert found.outcome == "confirmed"
    assert found.measured.endswith(": bistable: passes differ in page faults")


@pytest.mark.parametrize(
    ("relation", "factor", "low", "high", "verdict", "outcome"),
    [
        ("less", 1.5, 1.6, 1.9, "faster", "confirmed"),
        ("less", 1.5, 1.4, 1.9, "faster", "open"),
        ("less", 1.5, 1.2, 1.4, "faster", "contradicted"),
        ("less", 1.5, 0.9, 1.2, "inconclusive", "contradicted"),
        ("less", 1.5, 0.9, 1.7, "inconclusive", "open"),
        ("more", 2.0, 0.3, 0.45, "slower", "confirmed"),
        ("more", 2.0, 0.4, 0.6, "slower", "open"),
        ("more", 2.0, 0.6, 0.9, "slower", "contradicted"),
    ],
)
def test_a_factor_of_time_is_met_at_the_near_end_of_the_interval(
    relation: str, factor: float, low: float, high: float, verdict: str, outcome: str
) -> None:
    assert judge_expectation("net", expected("time", relation, factor), timed(verdict, low, high)).outcome == outcome


def test_time_without_an_interval_is_open_and_says_why() -> None:
    case = timed("inconclusive", speedup=2.0, reason="fewer than 6 passes")
    few = judge_expectation("net", expected("time", "less"), case)
    assert (few.outcome, few.measured) == ("open", "speedup 2.00x: inconclusive, fewer than 6 passes")
    case = timed(None, state="out_of_memory", reason="needs 64 GiB")
    failed = judge_expectation("net", expected("time", "less"), case)
    assert (failed.outcome, failed.measured) == ("open", "out of memory: needs 64 GiB")
    assert judge_expectation("net", expected("time", "less"), None).measured == "not measured"


@pytest.mark.parametrize(
    ("outofplace", "inplace", "less", "same", "more"),
    [
        (1000, 980, "contradicted", "confirmed", "contradicted"),
        (1000, 979, "confirmed", "contradicted", "contradicted"),
        (1000, 1020, "contradicted", "confirmed", "contradicted"),
        (1000, 1000, "contradicted", "confirmed", "contradicted"),
        (1000, 900, "confirmed", "contradicted", "contradicted"),
        (1000, 1100, "contradicted", "contradicted", "confirmed"),
        (1000, 0, "confirmed", "contradicted", "contradicted"),
        (0, 0, "contradicted", "confirmed", "contradicted"),
    ],
)
def test_bytes_within_rounding_are_the_same(outofplace: int, inplace: int, less: str, same: str, more: str) -> None:
    case = weighed(outofplace, inplace)
    relations = ("less", "same", "more")
    outcomes = [judge_expectation("net", expected("held", relation), case).outcome for relation in relations]
    assert outcomes == [less, same, more]


@pytest.mark.parametrize(
    ("relation", "outofplace", "inplace", "outcome"),
    [
        ("less", 2000, 1000, "confirmed"),
        ("less", 1990, 1000, "confirmed"),
        ("less", 1900, 1000, "contradicted"),
        ("more", 1000, 2000, "confirmed"),
        ("more", 1000, 1500, "contradicted"),
        ("less", 1000, 0, "confirmed"),
    ],
)
def test_a_factor_of_bytes_is_met_but_for_rounding(relation: str, outofplace: int, inplace: int, outcome: str) -> None:
    assert judge_expectation("net", expected("held", relation, 2.0), weighed(outofplace, inplace)).outcome == outcome


def test_bytes_that_were_not_measured_are_open() -> None:
    assert judge_expectation("net", expected("held", "less"), weighed(pd.NA, pd.NA)).measured == "bytes not measured"
    failed = judge_expectation("net", expected("peak", "less"), weighed(1, 1, state="crashed", reason="killed"))
    assert (failed.outcome, failed.measured) == ("open", "crashed: killed")


def test_the_figure_is_said() -> None:
    found = judge_expectation("net", expected("held", "less", 2.0), weighed(4 * MIB, 2 * MIB))
    assert found.expected == "in-place: less held memory, by 2.00x at least"
    assert found.measured.replace("\u00a0", " ") == "4 → 2 MiB, memory ratio 2.00x"
    assert (found.numbers["outofplace"], found.numbers["ratio"]) == (4 * MIB, 2.0)
    assert judge_expectation("net", expected("time", "same"), None).expected == "in-place: the same time"
    told = judge_expectation("net", expected("time", "less"), timed("faster", 1.2, 1.25)).measured
    assert told == "speedup 1.22x (1.20x to 1.25x): faster"


def test_bytes_that_differ_never_read_the_same() -> None:
    assert bytes_change(10 * MIB, 10 * MIB + 4).replace("\u00a0", " ") == "10 → 10.0 MiB"
    assert bytes_change(10 * MIB + 8, 10 * MIB + 4).replace("\u00a0", " ") == "10,485,768 → 10,485,764 B"
    assert bytes_change(MIB, MIB).replace("\u00a0", " ") == "1 MiB in both"


def test_counts() -> None:
    cases = [timed("faster", 1.2, 1.3), timed("slower", 0.7, 0.8), timed("faster", 1.2, 1.3), None]
    found = [judge_expectation("net", expected("time", "less"), case) for case in cases]
    assert counts_text(found) == "2 confirmed, 1 contradicted, 1 open"
    assert counts_text([]) == ""
