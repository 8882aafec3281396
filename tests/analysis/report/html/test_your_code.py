"""The page of the user's own code: the answer per step, decisions, bytes that add up, times, the patch."""

import pytest

from analysis.cards.gather import cards
from analysis.report.answer import answer_sentences
from analysis.report.html.readers import readers
from analysis.report.html.render import html
from analysis.report.html.your_code import BAR_WIDTH, your_code
from analysis.report.markdown import report_markdown
from analysis.right.truth import read_truth
from analysis.run.load import load_run
from analysis.section import Section, sections
from tests.analysis.invented import append_times, around, case, empty_run
from tests.analysis.page import Page
from tests.support.advised_runs import PATCH, STEP, answer_with_patch, answer_without_patch, stored

NBSP = "\N{NO-BREAK SPACE}"


def section_of(answer, tmp_path, monkeypatch) -> Section:
    (section,) = sections([load_run(stored(answer, tmp_path, monkeypatch))])
    return section


def test_what_to_switch_is_said_with_its_bytes_and_times(tmp_path, monkeypatch):
    section = section_of(answer_with_patch(), tmp_path, monkeypatch)
    (sentence,) = answer_sentences(section)
    assert sentence.replace(NBSP, " ").startswith(
        f"{STEP}: switch train.py:14: that saves 4 MiB of 8 MiB at the peak (50 %) and is 1.25x as fast "
        "(1.25x to 1.25x, faster). Its peak lies in forward (train.py:14): 11 MiB live then, 73 % of it temporaries."
    )


def test_a_step_that_is_to_be_left_says_so(tmp_path, monkeypatch):
    (sentence,) = answer_sentences(section_of(answer_without_patch(), tmp_path, monkeypatch))
    assert sentence.startswith(f"{STEP}: leave it as it is: nothing that is safe saves a byte.")


def test_a_line_that_makes_a_gradient_wrong_is_named_first(tmp_path, monkeypatch):
    write = {"op": "mul_", "file": str(tmp_path / "train.py"), "line": 14, "why": "<detached>: no version was counted"}
    saved = {"saved_by": "exp", "saved_file": str(tmp_path / "train.py"), "saved_line": 12}
    section = section_of(answer_without_patch(overwritten=[{**write, **saved}]), tmp_path, monkeypatch)
    said = "Wrong as it is: mul_ at train.py:14 overwrites what exp at train.py:12 saved for backward"
    text = Page(html([section], read_truth([]))).text
    assert 0 < text.index(said) < text.rindex("What to switch") and "<detached>" in text
    assert said in report_markdown([section], read_truth([]), [[]]).replace("\\", "")
    assert answer_sentences(section)[0].startswith("Wrong as it is, and torch does not say so: train.py:14.")


def test_each_table_adds_up_to_the_peak_and_its_bars_share_an_axis(tmp_path, monkeypatch):
    shown = your_code(section_of(answer_with_patch(), tmp_path, monkeypatch))
    assert shown is not None
    (step,) = shown["steps"]
    bars = dict(step.tables)
    assert list(bars) == ["for", "made by module", "made by op"]
    whole = bars["for"][-1]
    assert (whole.name, whole.outofplace, whole.total) == ("in all", BAR_WIDTH, True)
    for title, rows in bars.items():
        parts = [each for each in rows if not each.total]
        assert sum(each.outofplace for each in parts) == pytest.approx(BAR_WIDTH, abs=0.2), title
        assert sum(each.inplace for each in parts) == pytest.approx(whole.inplace, abs=0.2), title
    assert (bars["made by op"][0].name, bars["made by op"][0].word) == ("mul train.py:14", "less")


def test_the_page_and_the_summary_show_it(tmp_path, monkeypatch):
    section = section_of(answer_with_patch(), tmp_path, monkeypatch)
    truth = read_truth([])
    page = Page(html([section], truth))
    ids = [attributes.get("id") for _, attributes in page.elements]
    assert "yours" in ids and "models" not in ids and len(set(filter(None, ids))) == len([*filter(None, ids)])
    (own,) = readers([section], [""], [""])
    assert own.who == "My own code", "nobody else's question was asked"
    assert own.sentence.startswith(f"{STEP}: switch train.py:14") and own.links[0][1] == "yours"
    assert "Scenarios (" not in page.text, "its step is no model of the catalogue"
    for line in PATCH.splitlines():
        assert " ".join(line.split()) in page.text
    assert "add reads it" in page.text and "F.silu(gate).mul_(up)" in page.text
    summary = report_markdown([section], truth, [cards(section, truth)])
    assert "| **do** |" in summary and "in all" in summary


def test_no_other_report_has_the_page(tmp_path):
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(1.5, 0.01))
    (section,) = sections([load_run(folder)])
    assert section.advice is None and your_code(section) is None
