"""An op's card as the page shows it."""

from dataclasses import replace
from pathlib import Path

from analysis.cards.gather import cards
from analysis.report.html.anchors import Anchors
from analysis.report.html.card_places import CardPlace, card_places
from analysis.report.html.ops import op_cards
from analysis.report.html.runs import section_names
from analysis.right.truth import Truth
from analysis.run.load import load_runs
from analysis.section import sections
from benchmarks.autograd.record.safety import SafetyCell, SafetyRow
from tests.analysis.invented import append_bytes, append_times, around, case, empty_run


def test_a_card_has_a_part_a_section(tmp_path: Path) -> None:
    folders = [empty_run(tmp_path, name=name, label=name) for name in ("first", "second")]
    for folder in folders:
        append_times(folder, case("relu"), around(2.0, 0.01))
    append_bytes(folders[0], case("relu"), {"peak_bytes": 8 * 65536}, {"peak_bytes": 4 * 65536})
    parts = sections(load_runs(folders))
    made = [cards(section, Truth()) for section in parts]
    places = card_places(parts, section_names(parts), ["", "s2-"])
    (card,) = op_cards(made, places, Anchors(parts))
    assert sorted(part.where.partition(" ")[0] for part in card.parts) == ["first", "second"]
    (needs,) = card.facts.needs
    assert needs.fact == (("peak without autograd", "2N → 1N"),)
    assert needs.where == "", "only one of the two says anything of bytes"
    assert [each.word for part in card.parts for each in part.advice if each] == ["use it", "use it"]


def _safety(text: str, status: str = "raises") -> SafetyRow:
    cells = {
        "leaf": SafetyCell("raises", "a leaf"),
        "view": SafetyCell(status, text),
        "itself": SafetyCell("works", ""),
    }
    return SafetyRow("relu", "activations", "x.relu()", "x.relu_()", cells, ())


def test_a_fact_of_several_places_stands_once_and_says_where_it_differs(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(2.0, 0.01))
    parts = sections(load_runs([folder]))
    ((card,),) = [cards(section, Truth()) for section in parts]
    answers = {"2.6.0 · cpu": "Output 0 of SplitBackward0", "2.15.0 · cpu": "Output 0 of Split"}
    answers["2.15.0 · cuda"] = answers["2.15.0 · cpu"]
    places = [
        CardPlace(name, f"s{n}-", (f"torch {name.split()[0]}", name.split()[2]), n) for n, name in enumerate(answers)
    ]
    made = [[replace(card, safety=_safety(text))] for text in answers.values()]
    (found,) = op_cards(made, places, Anchors(parts))
    (leaf, leaf_reasons), (view, view_reasons) = found.facts.answers
    assert (leaf.where, [each.fact.about for each in leaf_reasons]) == ("", ["a leaf"])
    assert view.where == "" and [(each.where, each.fact.about) for each in view_reasons] == [
        ("torch 2.6.0", "Output 0 of SplitBackward0"),
        ("torch 2.15.0", "Output 0 of Split"),
    ]
    assert found.facts.works == [("", ["itself"])] and len(found.facts.commands) == 1


def test_an_answer_of_one_place_has_it_where_all_is_right_elsewhere(tmp_path: Path) -> None:
    """Else the cell of the right one would show the wrong one's text."""
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), around(2.0, 0.01))
    parts = sections(load_runs([folder]))
    ((card,),) = [cards(section, Truth()) for section in parts]
    answers = {"2.6.0": SafetyCell("wrong", "shares memory"), "2.15.0": SafetyCell("works", "")}
    rows = [
        SafetyRow("relu", "activations", "x.relu()", "x.relu_()", {"view": cell, "itself": SafetyCell("works", "")}, ())
        for cell in answers.values()
    ]
    places = [CardPlace(name, f"s{n}-", (f"torch {name}", "cpu"), n) for n, name in enumerate([*answers, "none"])]
    made = [[replace(card, safety=row)] for row in (*rows, None)]
    (found,) = op_cards(made, places, Anchors(parts))
    ((view, reasons),) = found.facts.answers
    assert (view.where, view.prefixes) == ("torch 2.6.0", "|s0-|")
    assert [(each.where, each.fact.about) for each in reasons] == [("", "shares memory")]
    assert found.facts.works == [("", ["itself"]), ("torch 2.15.0", ["view"])]
    assert found.facts.asked == "torch 2.6.0, torch 2.15.0", "the third was not asked, and says nothing"
