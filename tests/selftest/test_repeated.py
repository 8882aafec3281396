"""How far two whole runs agree, counted on invented runs."""

from dataclasses import replace

from benchmarks.record import INPLACE, OUTOFPLACE, Measurement
from benchmarks.record.folder import append_pair
from benchmarks.selftest import repeated
from benchmarks.selftest.results import Trial
from tests.analysis.gate.gated import NAMED, both
from tests.selftest.invented import CASE


def test_repeat_rows_find_flips_and_gaps():
    first = [Trial(replace(CASE, numel=n), 0.0, low, high) for n, low, high in ((1, 0.1, 0.2), (2, 0.1, 0.2))]
    second = [Trial(replace(CASE, numel=n), 0.0, low, high) for n, low, high in ((1, 0.15, 0.3), (2, -0.2, -0.1))]
    rows = dict(repeated.repeat_rows(first, second))
    assert rows["repeated run: intervals that overlap"].startswith("1 of 2")
    assert rows["repeated run: flips between `faster` and `slower`"].startswith("1 of 2")


def test_the_rows_of_unresolved_cases_count_the_gates(tmp_path):
    count = sum(state == "unresolved" for *_, state in NAMED.values())
    (_, of_ops), (_, of_scenarios) = repeated.unresolved_rows(*both(tmp_path))
    assert 0 < count < len(NAMED)
    assert of_ops.startswith(f"{count} of {len(NAMED)} = ") and of_scenarios == "none"


def _store_interrupted(folder, pass_number, slow):
    """A pass whose rounds take 2 s and 1 s, but for one slow round in each of `slow` of its three blocks."""
    times = [2.0] * 6
    for block in range(slow):
        times[2 * block] = 3.0
    rows = {OUTOFPLACE: tuple(times), INPLACE: (1.0,) * 6}
    made = [Measurement(CASE, variant, "time", pass_number, times_s=each) for variant, each in rows.items()]
    append_pair(folder, *made)


def test_an_interrupted_round_moves_blocks_and_no_pairs(tmp_path):
    for number, slow in enumerate((0, 2, 0, 2), start=1):
        _store_interrupted(tmp_path, number, slow)
    (_, text) = repeated.scatter_row(tmp_path)
    assert text == "median 0.00, below 1 in 1 of 1 cases"


def test_without_scatter_there_is_no_ratio(tmp_path):
    for number in (1, 2):
        _store_interrupted(tmp_path, number, 0)
    assert repeated.scatter_row(tmp_path)[1] == "none"
