"""Texts with markers, and what they become."""

import pytest

from analysis.readme.markers import Filling, MarkerError, fill_markers, without_markers

FILLINGS = {
    "ratio": lambda words: Filling("0.90x", 0.9),
    "table": lambda words: Filling("| a |\n|---|\n| 1 |"),
    "echo": lambda words: Filling(" ".join(words)),
    "missing": lambda words: Filling({}[words[0]]),
}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("no marker", "no marker"),
        ("is <!-- ratio -->7x<!-- / -->.", "is <!-- ratio -->0.90x<!-- / -->."),
        ("is <!-- ratio --><!-- / -->.", "is <!-- ratio -->0.90x<!-- / -->."),
        ("is <!-- ratio <1 -->7x<!-- / -->.", "is <!-- ratio <1 -->0.90x<!-- / -->."),
        ("<!-- echo a / b: c --><!-- / -->", "<!-- echo a / b: c -->a / b: c<!-- / -->"),
        (
            "x <!-- echo a -->b<!-- / --> y <!-- echo c --><!-- / -->",
            "x <!-- echo a -->a<!-- / --> y <!-- echo c -->c<!-- / -->",
        ),
        ("<!-- table -->\n<!-- / -->", "<!-- table -->\n\n| a |\n|---|\n| 1 |\n\n<!-- / -->"),
        ("<!-- table -->\n\nold\n\n<!-- / -->\nend", "<!-- table -->\n\n| a |\n|---|\n| 1 |\n\n<!-- / -->\nend"),
    ],
)
def test_what_stands_between_markers_is_written_anew(before, after):
    assert fill_markers(before, FILLINGS) == after
    assert fill_markers(after, FILLINGS) == after


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!-- ratio -->7x", "a marker without its end"),
        ("7x<!-- / -->", "a marker without its end"),
        ("<!-- ratio --> <!-- ratio -->7x<!-- / -->", "a marker without its end"),
        ("<!-- unheard -->7x<!-- / -->", "unheard: unknown, choose from echo, missing, ratio, table"),
        ("<!-- ratio >1 -->1.2x<!-- / -->", "ratio >1: is 0.90x, so the sentence around it is wrong"),
        ("<!-- echo a >1 -->a<!-- / -->", "so the sentence around it is wrong"),
        ("<!-- missing add -->a<!-- / -->", "missing add: 'add'"),
        ("is <!-- table -->a<!-- / -->", "table: more than a line"),
    ],
)
def test_what_cannot_be_written_is_named(text, said):
    with pytest.raises(MarkerError, match=said):
        fill_markers(text, FILLINGS)


def test_what_people_write_is_the_rest():
    assert without_markers("is <!-- ratio -->7x<!-- / -->, not 8x") == "is , not 8x"
