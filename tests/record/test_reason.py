"""Reasons: whatever an error says becomes one line that a journal, a terminal and a report can take."""

import pytest

from benchmarks.record.reason import LONGEST, first_line, typed_line


class Mute(Exception):
    def __init__(self, said):
        self.said = said

    def __str__(self):
        if isinstance(self.said, BaseException):
            raise self.said
        return self.said


@pytest.mark.parametrize(
    "error, line",
    [
        (ValueError("no such thing\nin two lines"), "no such thing"),
        (ValueError("\n  \n  late "), "late"),
        (ValueError(), "ValueError"),
        (ValueError("\x1b[2J\x07 red \ud800 \N{SNOWMAN}"), r"\x1b[2J\x07 red \ud800 " + "\N{SNOWMAN}"),
        (Mute(KeyboardInterrupt()), "its text raises KeyboardInterrupt"),
        (Mute(4), "its text raises TypeError"),
    ],
    ids=["lines", "empty-lines", "nothing", "unprintable", "raises", "no-text"],
)
def test_an_error_is_one_line(error, line):
    assert first_line(error) == line
    assert typed_line(error) == (f"{type(error).__name__}: {line}" if line != "ValueError" else line)


def test_a_long_text_is_cut_and_says_so():
    assert first_line(ValueError("x" * LONGEST)) == "x" * LONGEST
    cut = first_line(ValueError("x" * 20_000_000))
    assert cut == "x" * LONGEST + f" ... (the first {LONGEST} of 20000000 characters)"
