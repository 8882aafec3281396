"""Memory as the page shows it: ops counted by question, bytes drawn to scale."""

from analysis.cards.gather import cards
from analysis.numbers.memory import QUESTIONS
from analysis.report.html.anchors import Anchors
from analysis.report.html.memory_page import ABOUT, BAR, MEANING, memory_page
from analysis.right.truth import Truth
from analysis.section import Section
from benchmarks.autograd.record.safety import ANSWERS


def test_every_question_and_answer_about_memory_is_explained() -> None:
    assert set(ABOUT) == {question for question, _, _ in QUESTIONS}
    assert set(MEANING) == set(ANSWERS)


def test_bytes_are_counted_by_question_and_drawn_to_scale(named_section: Section) -> None:
    found = memory_page(named_section, cards(named_section, Truth()), Anchors([named_section]))
    counts = {row.question: (row.less, row.same, row.more, row.ratio) for row in found.counts}
    assert counts["peak without autograd"] == (1, 1, 0, "1.41x")
    assert counts["held for backward"] == (1, 0, 0, "2.00x")
    needs = {ops[0][0]: found_needs for ops, found_needs in found.groups}
    half, same = needs["half_the_memory"][0], needs["same"][0]
    assert (half.text, half.word, half.outofplace, half.inplace) == ("2N → 1N", "less", BAR, BAR / 2)
    assert (same.text, same.word) == ("2N", "same")
    assert found.classes == []  # nothing is stored of safety
