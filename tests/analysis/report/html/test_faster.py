"""Heat, sizes, phases side by side: numbers become tints, places and words; what has no number says why."""

import itertools
import re
from pathlib import Path

import pytest

from analysis.report.html.anchors import Anchors
from analysis.report.html.heatmap import heatmap, tint
from analysis.report.html.phases import phase_table
from analysis.report.html.size_panels import HEIGHT, size_panels
from analysis.report.scales import Scale, ratio_limits, ratio_ticks
from analysis.section import Section
from tests.analysis.invented import append_failure, append_times, around, case, empty_run
from tests.analysis.only_section import only_section


@pytest.mark.parametrize(
    ("speedup", "verdict", "found"),
    [
        (1.02, "faster", "z"),
        (1.05, "faster", "f1"),
        (1.2, "faster", "f2"),
        (2.0, "faster", "f4"),
        (0.5, "slower", "s4"),
        (1 / 1.05, "slower", "s1"),
        (1.5, "no difference", "z"),
        (3.0, "inconclusive", "f3"),
        (0.9, "inconclusive", "s2"),
    ],
)
def test_a_tint_says_which_side_and_how_far(speedup: float, verdict: str, found: str) -> None:
    assert tint(speedup, verdict) == found


def test_the_map_has_a_column_a_phase_heap_and_size(named_section: Section) -> None:
    found = heatmap(named_section, Anchors([named_section]))
    titles = ["inference", "inference, fresh pages", "forward", "step"]
    assert found.groups == list(
        zip(titles, [["64\u00a0Ki", "4\u00a0Mi"], ["4\u00a0Mi"], ["64\u00a0Ki"], ["64\u00a0Ki"]], strict=True)
    )
    rows = {name: cells for name, _, _, cells in found.rows}
    assert [cell and cell.text for cell in rows["twice_as_fast"]] == ["2.00", "3.00", "12.0", None, "0.90"]
    assert rows["noisy"][0].tint == "f1 hatch"
    assert rows["noisy"][0].about.endswith("inconclusive")
    assert (rows["crashed"][0].tint, rows["crashed"][0].about) == ("none", "crashed")
    assert rows["bistable"][0].about == "bistable"


def test_phases_stand_side_by_side_and_a_failure_says_so(named_section: Section) -> None:
    found = phase_table(named_section, Anchors([named_section]))
    assert [phase for phase, _ in found.phases] == ["inference", "forward", "step"]
    rows = {name: speeds for name, _, _, speeds in found.rows}
    fast, forward, step = rows["twice_as_fast"]
    low, high, middle = map(float, fast.numbers.split(","))
    assert low < middle == 2.0 < high
    assert forward is None
    assert step.verdict == "slower"
    (crashed, *_) = rows["crashed"]
    assert (crashed.text, crashed.numbers) == ("crashed", "")
    assert "killed by signal 9" in crashed.about
    low, high = map(float, found.limits.split(","))
    assert low < 1 < high


def test_within_a_size_every_case_is_drawn_with_its_interval(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number in range(10):
        for numel in (65536, 1048576):
            append_times(folder, case(f"op{number}", numel=numel), around(1.1 + number / 10, 0.01))
    append_failure(folder, case("gone"), "crashed", "killed")
    append_times(folder, case("alone", family="lonely"), around(1.5, 0.01))
    section = only_section(folder)
    phases, rows = size_panels(section)
    assert phases == ["inference"]
    ((family, (panel,)),) = rows  # a family of one case has nothing to compare
    assert (family, panel.about) == ("pointwise", "20 cases")
    assert [size.text for size in panel.sizes] == ["64\u00a0Ki", "1\u00a0Mi"]
    for size in panel.sizes:
        (marks,) = size.marks
        assert marks.verdict == "faster"
        dots = [tuple(map(float, place)) for place in re.findall(r"M([\d.]+) ([\d.]+)h0", marks.dot_path)]
        assert dots == [*marks.dots] and len(dots) == len(re.findall("V", marks.interval_path)) == 10
        assert [x for x, _ in dots] == sorted(x for x, _ in dots)
        assert [y for _, y in dots] == sorted((y for _, y in dots), reverse=True)  # upwards is faster
        assert all(size.left <= x <= size.right and 0 < y < panel.one < HEIGHT for x, y in dots)


def test_a_ratio_and_its_inverse_lie_equally_far_from_one() -> None:
    scale = Scale((0.25, 4.0), 0.0, 100.0)
    assert (scale.at(0.5), scale.at(1), scale.at(2)) == (25.0, 50.0, 75.0)
    assert scale.at(1e9) == 100.0 and scale.at(1e-9) == 0.0
    assert scale.beyond(5) and not scale.beyond(4)


def test_limits_hold_one_and_ticks_are_few() -> None:
    low, high = ratio_limits([1.5, 2.0, float("nan"), 1e12])
    assert low < 1 < 2.0 < high < 3
    assert ratio_limits([]) == pytest.approx((0.9 / 1.06, 1.1 * 1.06))
    for limits in ((0.9, 1.1), (0.5, 8), (1 / 64, 64), (0.999, 1.001)):
        ticks = ratio_ticks(limits, 5)
        assert 1 in ticks and len(ticks) <= 5


@pytest.mark.parametrize(("ratios", "most"), [((0.85, 7.3), 8), ((0.5, 1.1), 8), ((0.9, 2.4), 5), ((0.02, 60.0), 6)])
def test_ticks_reach_to_both_ends_and_do_not_crowd_around_1(ratios: tuple[float, float], most: int) -> None:
    scale = Scale(ratio_limits(ratios), 0, 100)
    places = [place for place, _ in scale.ticks(most)]
    gaps = [high - low for low, high in itertools.pairwise([0, *places, 100])]
    assert 2 < len(places) <= most and max(gaps) < 45
