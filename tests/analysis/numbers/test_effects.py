"""What an axis changes is told by the very same cases at their plain value, never by another set."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.numbers.effects import effects
from analysis.report.tables import effect_rows
from tests.analysis.invented import append_bytes, append_failure, append_times, around, case, empty_run
from tests.analysis.only_section import only_section

N = 4 * 65536


def table(folder: Path) -> pd.DataFrame:
    return effects(only_section(folder).cases).set_index(["axis", "value", "phase"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """add twice, exp half and relu eight times as fast in place, in their plain case."""
    folder = empty_run(tmp_path)
    for pair, speed in (("add", 2.0), ("exp", 0.5), ("relu", 8.0)):
        append_times(folder, case(pair), around(speed, 0.01))
    return folder


def test_only_pairs_measured_under_the_value_are_compared(folder: Path) -> None:
    append_times(folder, case("add", dtype="bfloat16"), around(1.5, 0.01))
    append_times(folder, case("exp", dtype="bfloat16"), around(0.6, 0.01))
    row = table(folder).loc[("dtype", "bfloat16", "inference")]
    assert row[["cases", "pairs"]].tolist() == [2, 2]
    assert row[["speedup", "plain_speedup"]].tolist() == pytest.approx([0.9**0.5, 1.0])
    assert row[["faster", "slower"]].tolist() == [1, 1]


def test_phases_and_sizes_are_never_mixed(folder: Path) -> None:
    append_times(folder, case("add", numel=4194304), around(4.0, 0.01))
    append_times(folder, case("add", numel=4194304, layout="transposed", shape=(2048, 2048)), around(3.0, 0.01))
    append_times(folder, case("add", phase="step", layout="transposed"), around(3.0, 0.01))
    found = table(folder)
    assert found.loc[("layout", "transposed", "inference"), "plain_speedup"] == pytest.approx(4.0)
    assert ("layout", "transposed", "step") not in found.index, "no plain step was measured to compare with"


def test_a_case_that_differs_in_two_axes_speaks_for_neither(folder: Path) -> None:
    append_times(folder, case("add", dtype="bfloat16", layout="strided"), around(1.5, 0.01))
    assert table(folder).empty


def test_a_failed_side_leaves_the_row_out(folder: Path) -> None:
    append_failure(folder, case("add", operand="broadcast"), "crashed", "killed")
    append_failure(folder, case("sub"), "crashed", "killed")
    append_times(folder, case("sub", operand="scalar"), around(2.0, 0.01))
    assert table(folder).empty


def test_the_heap_and_the_others_gradient_are_axes_too(folder: Path) -> None:
    append_times(folder, case("add", allocator="fresh"), around(16.0, 0.01))
    append_times(folder, case("mul", phase="step"), around(1.2, 0.01))
    append_times(folder, case("mul", phase="step", other_requires_grad=True), around(0.8, 0.01))
    found = table(folder)
    assert found.loc[("allocator", "fresh", "inference"), ["speedup", "plain_speedup"]].tolist() == pytest.approx(
        [16, 2]
    )
    row = found.loc[("other_requires_grad", "True", "step")]
    assert row[["speedup", "plain_speedup"]].tolist() == pytest.approx([0.8, 1.2])


def test_memory_is_told_where_it_differs(folder: Path) -> None:
    for value, peaks in (("contiguous", (2 * N, N)), ("strided", (3 * N, 2 * N)), ("transposed", (2 * N, N))):
        of = case("add", layout=value)
        append_times(folder, of, around(2.0, 0.01)) if value != "contiguous" else None
        append_bytes(folder, of, {"peak_bytes": peaks[0]}, {"peak_bytes": peaks[1]})
    row = table(folder).loc[("layout", "strided", "inference")]
    assert row[["memory_cases", "memory_ratio", "plain_memory_ratio"]].tolist() == pytest.approx([1, 1.5, 2.0])
    phases, ((title, rows),) = effect_rows(only_section(folder))
    assert (phases, title) == (["inference"], "layout")
    assert {name: effect.memory for name, (effect,) in rows} == {
        "strided (every second element)": "1.50x instead of 2.00x",
        "transposed": "",
    }


def test_the_plain_case_of_the_same_shape_is_preferred(folder: Path) -> None:
    append_times(folder, case("add", shape=(256, 256)), around(5.0, 0.01))
    append_times(folder, case("add", shape=(256, 256), layout="transposed"), around(3.0, 0.01))
    assert table(folder).loc[("layout", "transposed", "inference"), "plain_speedup"] == pytest.approx(5.0)
