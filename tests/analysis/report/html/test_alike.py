"""What several runs of a report share stands on the page once: a run more costs its numbers, not its texts."""

from pathlib import Path

import pytest

from analysis.report.html.compact import compact
from analysis.report.html.render import html
from analysis.right.truth import read_truth
from analysis.run.load import load_runs
from analysis.section import sections
from tests.analysis.correctness import hazard, store
from tests.analysis.invented import append_times, around, case, empty_run

#: Of the bytes of a page's body: what a second and a third run of the same ops may add each.
MOST_ADDED = 0.75
REASON = "unsupported operation: more than one element of the written-to tensor refers to a single memory location."


def test_compact_leaves_text_and_head_alone() -> None:
    head = '<head><style>th scope="col"</style></head>'
    page = f'{head}<td class="n">a = "b"</td><td class="a b">x</td><path d="M1.0 2"/>'
    assert compact(page) == f'{head}<td class=n>a = "b"<td class="a b">x<path d="M1 2"/>'


def test_only_coordinates_lose_their_tenths() -> None:
    drawn = '<circle data-name="torch 2.0 cpu" data-x="3.0 s" cx="3.0" r="2.5" transform="translate(1.0 -2.0)"/>'
    whole = '<circle data-name="torch 2.0 cpu" data-x="3.0 s" cx=3 r="2.5" transform="translate(1 -2)"/>'
    assert compact(f"<head></head>{drawn}") == f"<head></head>{whole}".replace('r="2.5"', "r=2.5")


@pytest.mark.slow
def test_a_run_more_adds_its_numbers_and_no_text_that_is_there(tmp_path: Path) -> None:
    folders = []
    for torch in ("2.6.0", "2.13.0", "2.15.0"):
        folders.append(empty_run(tmp_path, name=torch, machine={"torch_version": torch}))
        store(tmp_path / "autograd", "hazards", hazard("shared"), hazard("other"), torch=torch)
        for name in ("relu", "exp", "add"):
            append_times(folders[-1], case(name), around(2.0, 0.01))
    truth = read_truth([tmp_path / "autograd"])
    one, two, three = (html(sections(load_runs(folders[:count])), truth) for count in (1, 2, 3))
    body = len(one.partition("</head>")[2])
    assert len(three) - len(two) < MOST_ADDED * body
    ids = [part.partition('"')[0] for part in three.split('id="')[1:]]
    assert {"hazard-shared", "s2-hazard-shared", "s3-hazard-shared"} <= set(ids)
    assert "as with torch" in three and three.count("<pre") == one.count("<pre")
