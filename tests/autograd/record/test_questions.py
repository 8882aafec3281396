"""Questions in a few words: those of the matrix, shorter."""

import pytest

from benchmarks.autograd.record.questions import SHORT_QUESTIONS
from benchmarks.autograd.record.safety import QUESTIONS


def test_every_question_has_a_short_form_and_no_other() -> None:
    assert tuple(SHORT_QUESTIONS) == tuple(QUESTIONS)


@pytest.mark.parametrize("column", QUESTIONS)
def test_a_short_question_is_the_beginning_of_the_long_one(column: str) -> None:
    short, whole = SHORT_QUESTIONS[column], QUESTIONS[column]
    assert ":" not in short
    assert whole == short or whole.startswith(f"{short}: ")
