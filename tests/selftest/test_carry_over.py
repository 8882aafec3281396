"""Carry-over, on invented runs whose shift is known."""

import math
from dataclasses import replace

from benchmarks.selftest import aa_pairs
from benchmarks.selftest.carry_over import Shift, carry_over_rows, shifts
from tests.selftest.invented import CASE, store

(FIRST, FIRST_), (AGAIN, AGAIN_) = aa_pairs.AA_PAIR_NAMES["exp"]


def store_all(folder, number, with_partner, by_chance, numel=1024):
    """One pass: in truth out-of-place takes twice as long; shifts are added to its time, as ln."""
    times = {FIRST: (2.0, 2.0), FIRST_: (1.0, 1.0), AGAIN: (2 * math.exp(by_chance),) * 2, AGAIN_: (1.0, 1.0)}
    for name, sides in {**times, "exp": (2 * math.exp(with_partner), 1.0)}.items():
        store(folder, replace(CASE, pair=name, numel=numel, shape=(numel,)), number, *sides)


def test_a_shift_is_the_speedup_beside_the_partner_against_each_beside_itself(tmp_path):
    for number, with_partner in enumerate((0.02, -0.04, 0.05), start=1):
        store_all(tmp_path, number, with_partner, -0.01)
    (found,) = shifts(tmp_path, aa_pairs.AA_PAIR_NAMES)
    assert (found.numel, found.is_scenario) == (1024, False)
    assert math.isclose(found.with_partner, 0.02) and math.isclose(found.by_chance, 0.01)


def test_a_pass_without_one_of_the_pairs_tells_nothing(tmp_path):
    for name in (FIRST, FIRST_, AGAIN, "exp"):
        store(tmp_path, replace(CASE, pair=name), 1, 1.0, 1.0)
    assert shifts(tmp_path, aa_pairs.AA_PAIR_NAMES) == []


def test_rows_tell_small_from_large_and_what_is_chance():
    small = [Shift(2**18, False, 0.02, 0.01)] * 7
    large = [Shift(2**20, False, 0.01, 0.03)] * 7
    rows = dict(carry_over_rows([*small, *large, Shift(64, True, 0.5, 0.5)]))
    assert rows["carry-over: speedup, ops up to 256 Ki elements"] == "median 2.00%, 95th percentile 2.00% (n = 7)"
    assert rows["the same by chance, ops from 1 Mi on"] == "median 3.00%, 95th percentile 3.00% (n = 7)"
    assert rows["excess over chance, ops up to 256 Ki elements"] == (
        "median +1.00% (+1.00% to +1.00%), of the 95th percentiles +1.00%"
    )
    assert rows["excess over chance, ops from 1 Mi on"].startswith("median -2.00% (-2.00% to -2.00%)")
    assert rows["excess over chance, scenarios"] == "none"  # one case bounds nothing
