"""The first page: where ops stand, the picture, and the lists of what to do."""

import re
from pathlib import Path

import pytest

from analysis.cards.gather import cards
from analysis.report.html.advice_lists import advice_lists
from analysis.report.html.anchors import Anchors, plain_letters, unique
from analysis.report.html.op_summary import op_summary
from analysis.report.html.readers import readers
from analysis.report.html.render import html, strong
from analysis.report.html.scatter import WIDTH, rows_of, scatter_plot
from analysis.right.truth import Truth
from analysis.run.load import load_run
from analysis.section import Section, sections
from tests.analysis.invented import append_bytes, append_times, around, case, empty_run, scenario_run
from tests.analysis.only_section import only_section


def drawn(folder: Path):
    section = only_section(folder)
    return scatter_plot(cards(section, Truth()), Anchors([section]))


def test_an_op_stands_where_its_plain_warm_cases_do(named_section: Section) -> None:
    by_pair = {card.pair: card for card in cards(named_section, Truth())}
    where = op_summary(by_pair["twice_as_fast"], "without autograd")
    assert where.speedup == pytest.approx((2.0 * 3.0) ** 0.5)  # neither the fresh heap nor the step
    assert where.memory_ratio is None
    assert op_summary(by_pair["half_the_memory"], "without autograd").memory_ratio == 2.0
    assert op_summary(by_pair["twice_as_fast"], "in training").speedup == pytest.approx(0.9)
    assert op_summary(by_pair["crashed"], "without autograd").speedup is None


def test_advice_lists_the_fastest_first_and_what_is_wrong_apart(named_section: Section) -> None:
    found = advice_lists(cards(named_section, Truth()), Anchors([named_section]))
    use = {each.situation: [op.pair for op in each.ops] for each in found["use it"]}
    assert use["without autograd"][0] == "twice_as_fast"
    assert set(use["without autograd"]) == {"twice_as_fast", "half_the_memory", "disturbed"}
    never = {each.situation: each for each in found["never"]}
    assert [op.pair for op in never["without autograd"].wrong] == ["disagreed"]
    assert [op.pair for op in never["without autograd"].ops] == ["slower"]
    assert [op.pair for op in never["in training"].ops] == ["twice_as_fast"]
    assert list(found) == [word for word in ("use it", "do not bother", "never", "undecided") if word in found]


def test_numbers_that_carry_the_answer_are_emphasised_and_text_stays_text() -> None:
    assert strong("1.29x of 649 <cases>, 66\u00a0%") == "<b>1.29x</b> of 649 &lt;cases&gt;, <b>66\u00a0%</b>"


def test_ops_of_one_memory_ratio_share_a_row_and_never_more_than_six() -> None:
    ratios = [2.0, 1.99, 1.5, 1.0, 1.0, 1.01]
    rows = rows_of([(1.0, ratio, None) for ratio in ratios])
    assert [[op[1] for op in row] for row in rows] == [[2.0, 1.99], [1.5], [1.01, 1.0, 1.0]]
    many = rows_of([(1.0, 1.1**power, None) for power in range(40)])
    assert len(many) == 6
    assert sum(map(len, many)) == 40


def test_every_op_has_its_own_place_exact_along_the_axis(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for number in range(60):
        append_times(folder, case(f"op{number}"), [1.5] * 6)
        append_bytes(folder, case(f"op{number}"), {"peak_bytes": 2 * 4 * 65536}, {"peak_bytes": 4 * 65536})
    append_times(folder, case("slow"), [0.5] * 6)
    append_bytes(folder, case("slow"), {"peak_bytes": 4 * 65536}, {"peak_bytes": 4 * 65536})
    found = drawn(folder)
    (panel,) = found.panels
    assert [row.text for row in panel.rows] == ["2.00x", "1x, the same"]
    crowd = panel.rows[0].points
    assert len({(point.x, point.y) for point in crowd}) == 60
    assert {point.x for point in crowd} == {crowd[0].x}
    assert all(row.top < point.y < row.bottom for row in panel.rows for point in row.points)
    assert panel.rows[1].points[0].x < found.one < crowd[0].x < WIDTH
    assert panel.names[-1][2] == "slow"
    assert "of 61 ops 60 have a speedup above 1x and 60 need less memory" in found.description


def test_no_picture_without_both_time_and_memory(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(2.0, 0.01))
    assert drawn(folder) is None


def test_names_in_addresses_are_plain_and_used_once(tmp_path: Path) -> None:
    assert plain_letters("F.relu_ (<b>)") == "F.relu_-b"
    assert plain_letters("\u202e") == "unnamed"
    assert unique(["a", "b", "a", "a"]) == ["a", "b", "a~2", "a~3"]
    folder = empty_run(tmp_path)
    for family in ("one", "two"):
        append_times(folder, case("relu", family=family), [2.0])
    anchors = Anchors(sections([load_run(folder)]))
    assert {anchors.op("one", "relu"), anchors.op("two", "relu")} == {"op-relu", "op-relu~2"}
    assert anchors.known("three", "relu") == ""
    assert re.fullmatch(r"op-[A-Za-z0-9_.~-]+", anchors.op("two", "relu"))


def test_each_reader_has_numbers_and_a_way_on(named_section: Section) -> None:
    found = {each.who: each for each in readers([named_section], [""], [""])}
    assert list(found) == ["I write inference code", "I train", "I use a GPU", "I bring my own model"]
    inference, training = found["I write inference code"], found["I train"]
    assert inference.sentence == (
        "In-place is faster in 4 and slower in 1 of 9 cases, 1.41x as fast in the geomean, and needs less memory at "
        "the peak of a call in 1 and the same in 1 of 2 ops."
    )
    assert training.sentence.startswith("In-place is 0.90x as fast in the one case of this kind (slower), and holds")
    assert "holds less memory for backward in the one op" in training.sentence
    assert ("Which ops", "do") in inference.links and ("Which save memory", "memory") in training.links
    assert (found["I use a GPU"].command, found["I bring my own model"].command) == (
        "make bench DEVICE=cuda",
        "make advise STEP=train.py:make",
    )


def test_models_and_a_gpu_answer_where_they_were_measured(tmp_path: Path, sized: Section) -> None:
    models = only_section(scenario_run(tmp_path))
    found = {each.who: each for each in readers([models, sized], ["models", "gpu"], ["", "s2-"])}
    training = found["I train"]
    assert ("In scenarios: faster in 2 and slower in 1 of 5", "models") in training.links
    assert training.where == "gpu; models" and ("Which ops", "s2-do") in training.links
    (alone, *_) = (each for each in readers([models], [""], [""]) if each.who == "I train")
    assert alone.sentence == ("In scenarios (models, losses, optimizers) in-place is faster in 2 and slower in 1 of 5.")
    gpu = found["I use a GPU"]
    assert gpu.sentence.startswith("As a user feels it, without autograd, in-place is faster") and gpu.command == ""
    assert ("How it was timed", "s2-gpu") in gpu.links
    said = "Of 6 scenarios (models, losses, optimizers) written in both variants, in-place holds less memory for"
    assert f"{said} backward in 1 of 1" in found["I bring my own model"].sentence


def test_pages_without_content_are_left_out_and_own_code_speaks_by_name(tmp_path: Path) -> None:
    folder = empty_run(tmp_path, pairs={"my_net": {"family": "user"}})
    append_times(folder, case("my_net", family="user", phase="step", scale=4), around(1.5, 0.01))
    own = only_section(folder)
    (*_, mine) = readers([own], [""], [""])
    assert (mine.who, mine.links) == ("My own code", [("Its card", "models")])
    assert mine.sentence.startswith("my_net, in a training step, in-place is 1.50x as fast")
    page = html([own], Truth())
    pages = re.findall(r'<section class="page[^>]* id="([^"]+)"', page)
    assert pages == ["answer", "models", "ops", "cases", "instrument", "machine", "glossary"]
    assert re.findall(r'<a href="#(\w+)">[^<]*</a>\n', page[page.index("<nav") : page.index("</nav>")]) == pages
