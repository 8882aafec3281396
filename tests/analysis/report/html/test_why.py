"""Where times come from, as the page shows it: fresh pages, the cost of a call, the machine's bandwidth."""

from pathlib import Path

import pytest

from analysis.cards.gather import cards
from analysis.report.html.anchors import Anchors
from analysis.report.html.bandwidth import bandwidth_cloud
from analysis.report.html.why import causes
from analysis.right.truth import Truth
from analysis.section import Section
from tests.analysis.invented import append_times, around, case, empty_run
from tests.analysis.only_section import only_section


def test_what_fresh_pages_cost_stands_beside_the_warm_heap(named_section: Section) -> None:
    found = causes(named_section, cards(named_section, Truth()), Anchors([named_section]))
    ((pair, where, fresh, warm),) = [(row.pair, row.where, row.fresh, row.warm) for row in found.faults]
    assert (pair, where, fresh, warm) == ("twice_as_fast", "inference 4\u00a0Mi", "12.0x", "3.00x")
    assert "12.0x as fast instead of 3.00x (geomeans over the same 1 case)" in found.faults_sentence
    ((phase, size, share, ops),) = found.small
    assert (phase, size, ops) == ("inference", "64\u00a0Ki", [("little_signal", "op-little_signal")])
    assert share.startswith("1 of ")
    assert found.bandwidth is None


@pytest.mark.parametrize(
    "floors, said",
    [
        ((None, None), "was not measured"),
        ((1e-9, None), "where that is known: not for 1."),
        ((1e-9, 1e-9), "all of them carry"),
    ],
)
def test_a_floor_that_is_not_stored_is_no_floor(tmp_path: Path, floors: tuple, said: str) -> None:
    folder = empty_run(tmp_path)
    for name, floor_s in zip(("a", "b"), floors, strict=True):
        append_times(folder, case(name), around(2.0, 0.01), floor_s=floor_s)
    section = only_section(folder)
    assert said in causes(section, [], Anchors([section])).small_sentence


def test_ops_lie_by_their_share_of_the_bandwidth(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for name, speed, moved in (("busy", 2.0, 1_000_000), ("idle", 1.0, 10_000), ("half", 1.5, 500_000)):
        append_times(folder, case(name), around(speed, 0.01), moved_bytes=moved, ceiling_bytes_per_s=1e10)
    section = only_section(folder)
    found = bandwidth_cloud(section, Anchors([section]))
    dots = {dot.pair: dot for dot in found.dots}
    assert dots["idle"].x < dots["half"].x < dots["busy"].x
    assert dots["busy"].y < dots["half"].y < dots["idle"].y
    assert "2 ops that take 50\u00a0% of the machine's bandwidth or more: geomean 1.73x" in found.sentence
    assert "1 op that takes less than 10\u00a0% of it: geomean 1.00x" in found.sentence
