"""Bytes and times as printed: columns that add up, and no speedup without an interval."""

from benchmarks.advise.answers.printed_bytes import places_lines, times_lines
from tests.support.advised_runs import answer_with_patch, answer_without_patch


def test_a_patch_is_a_second_column_and_its_change():
    lines = [*places_lines(answer_with_patch())]
    assert "     11.00 MiB     7.00 MiB   -4.00 MiB  in all" in lines
    assert "      4.00 MiB          0 B   -4.00 MiB  mul  train.py:14" in lines
    assert "      3.00 MiB     3.00 MiB              parameters" in lines


def test_a_step_as_it_is_has_one_column():
    lines = [*places_lines(answer_without_patch())]
    assert "     11.00 MiB  in all" in lines and not any("patched" in line for line in lines)


def test_what_cannot_be_said_says_why():
    (_, line) = places_lines(answer_without_patch(places=[{"why": "it raised"}]))
    assert line == "train.py:generate: where the bytes are cannot be said: it raised"


def test_many_rows_are_summed():
    rows = [{**answer_with_patch()["places"][0]["rows"][0], "line": n, "nbytes": 100} for n in range(12)]
    found = {**answer_with_patch()["places"][0], "rows": rows, "peak_bytes": 1200}
    assert "         800 B  8 others" in [*places_lines(answer_without_patch(places=[found]))]


def test_a_speedup_has_its_interval_or_is_none():
    (line,) = times_lines(answer_with_patch())
    assert line == (
        "train.py:generate: 12.5 ms as given, 10 ms patched: 1.25x as fast (1.25x to 1.25x in 6 passes: faster)"
    )
    few = answer_with_patch(timed_passes=2)
    few["times"][0] |= {"low": None, "high": None, "verdict": None}
    (line,) = times_lines(few)
    assert "as fast" not in line and "too few passes" in line


def test_why_nothing_was_timed():
    assert [*times_lines(answer_without_patch(times_note="cpu is in use"))] == ["Not timed: cpu is in use."]
