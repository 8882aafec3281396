"""Sizes that many pairs share stand for themselves; odd ones count under the nearest."""

import math

import pandas as pd
import pytest

from analysis.numbers.sizes import common_sizes, with_size

Ki, Mi = 2**10, 2**20


def cases(*rows: tuple[str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["pair", "numel"])


def sizes(frame: pd.DataFrame) -> list[int]:
    return with_size(frame)["size"].tolist()


def test_a_sweep_keeps_its_own_sizes() -> None:
    swept = [1, 1000, 1500, 2 * Ki, 3000, Mi + 1]
    assert sizes(cases(*(("relu", numel) for numel in swept))) == swept


@pytest.mark.parametrize(
    ("odd", "expected"),
    [(900_000, Mi), (700 * 1100, Mi), (1_500_000, Mi), (3_000_000, 4 * Mi), (100, 64), (60 * Mi, 64 * Mi), (0, 0)],
)
def test_an_odd_size_counts_under_the_nearest(odd: int, expected: int) -> None:
    many = [(f"op{number}", Mi) for number in range(20)]
    assert sizes(cases(*many, ("addr", odd)))[-1] == expected


def test_no_size_moves_by_more_than_a_factor_of_two() -> None:
    many = [(f"op{number}", 1000) for number in range(100)]
    frame = with_size(cases(*many, *(("odd", numel) for numel in range(1, 40_000, 7))))
    moved = [abs(math.log2(size / numel)) for size, numel in zip(frame["size"], frame["numel"], strict=True)]
    assert max(moved) <= 1.0 + 1e-9
    assert frame.loc[frame["pair"] == "odd", "size"].nunique() <= 10


def test_pairs_of_odd_sizes_alone_do_not_make_a_row_each() -> None:
    frame = with_size(cases(*((f"op{number}", 1000 + 37 * number) for number in range(300))))
    assert frame["size"].nunique() <= 3


def test_broad_sizes_are_those_of_many_pairs() -> None:
    rows = [(f"op{number}", size) for number in range(10) for size in (Ki, Mi)] + [("op1", 4 * Mi)]
    assert common_sizes(with_size(cases(*rows))) == [Ki, Mi]
