"""The report for a pull request: what its first screen says, and that what is folded opens."""

import re
from pathlib import Path

import pytest

from analysis.cards.gather import cards
from analysis.escaping import markdown_text
from analysis.report.markdown import report_markdown
from analysis.right.truth import Truth, read_truth
from analysis.run.load import StoredRun, load_run, load_runs
from analysis.section import Section, sections
from tests.analysis.correctness import claim, hazard, pair, store
from tests.analysis.invented import append_bytes, append_failure, append_times, around, case, empty_run, scenario_run

FIRST_SCREEN = 40  #: lines


def told(parts: list[Section], truth: Truth | None = None) -> str:
    truth = truth or Truth()
    return report_markdown(parts, truth, [cards(section, truth) for section in parts])


@pytest.fixture(scope="module")
def text(run: StoredRun) -> str:
    return told(sections([run]))


def test_a_row_of_advice_names_a_few_ops_and_a_list_that_opens_names_all(tmp_path: Path) -> None:
    folder, names = empty_run(tmp_path), [f"op{number:02}" for number in range(20)]
    for name in names:
        append_times(folder, case(name), around(2.0, 0.01))
    text = told(sections([load_run(folder)]))
    row = next(line for line in text.splitlines() if line.startswith("| **use it** | without autograd"))
    assert "20 of 20" in row and "and 6 more" in row
    opened = text.partition("<summary>All of these ops</summary>")[2].partition("</details>")[0]
    assert all(name in opened for name in names)


def test_the_first_screen_has_the_answer_the_machine_and_what_to_do(text: str) -> None:
    screen = "\n".join(text.splitlines()[:FIRST_SCREEN])
    unfolded = screen.partition("<details>")[0]
    words = (
        "# In-place",
        "- **I write inference code**: In-place is faster in 4",
        "- **I use a GPU**",
        "**Without autograd, in-place is faster in 4",
        "In-place needs less",
        "Invented CPU",
        "| geomean speedup |",
    )
    words += ("| **use it** | without autograd |", "| **never** | ")
    place = 0
    for word in words:
        place = unfolded.index(word, place)


def test_advice_names_every_op_the_strongest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = empty_run(tmp_path)
    for number in range(2, 14):
        append_times(folder, case(f"op{number}"), around(float(number), 0.01))
    append_times(folder, case("same"), around(1.0, 0.001))
    append_failure(folder, case("liar"), "disagreed", "values differ")
    parts, row = (
        sections([load_run(folder)]),
        re.compile(r"^\| \*\*(.+?)\*\* \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE),
    )
    first = "op13 13.0x, op12 12.0x, op11 11.0x, op10 10.0x, op9 9.00x, op8 8.00x, op7 7.00x, op6 6.00x"
    assert row.findall(told(parts)) == [
        ("use it", "without autograd", "12 of 14 ops", f"{first}, op5 5.00x, op4 4.00x, op3 3.00x, op2 2.00x"),
        ("do not bother", "without autograd", "1 of 14 ops", "same 1.00x"),
        ("never", "without autograd", "1 of 14 ops", "liar (not right)"),
    ]
    monkeypatch.setattr("analysis.report.markdown._LIMITS", ((60, 60, 8),))
    assert row.findall(told(parts))[0][-1] == f"{first} and 4 more", "where all of them do not fit"


def test_what_is_folded_is_closed_and_starts_on_a_line_of_its_own(text: str, tmp_path: Path, run: StoredRun) -> None:
    store(tmp_path, "safety", pair("same"))
    store(tmp_path, "claims", claim())
    store(tmp_path, "hazards", hazard())
    for each in (text, told(sections([run]), read_truth([tmp_path]))):
        assert each.count("<details>") == each.count("</details>") > 4
        inside = 0
        lines = each.splitlines()
        for number, line in enumerate(lines):
            inside += line.count("<details>") - line.count("</details>")
            assert 0 <= inside <= 1
            # GitHub reads Markdown in it only after an empty line.
            if line.startswith("<details>"):
                assert re.fullmatch(r"<details><summary>.+</summary>", line), line
                assert lines[number + 1] == ""
            if line == "</details>":
                assert lines[number - 1] == ""


def test_it_says_what_lies_beside_it(text: str) -> None:
    assert "`report.html`" in text.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("leaky_relu", "leaky_relu"),
        ("i0_ and _x", r"i0\_ and \_x"),
        ("a|b*c", r"a\|b\*c"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("# title", r"\# title"),
        ("- item", r"\- item"),
        ("1. first", r"1\. first"),
        ("---", r"\---"),
        ("-10 % (-18 % to -4.9 %)", "-10 % (-18 % to -4.9 %)"),
        ("#123 by @all", "#<!-- -->123 by @<!-- -->all"),
        ("https://x.org/1", "https:&#47;&#47;x.org/1"),
    ],
)
def test_markdown_text(text: str, shown: str) -> None:
    assert markdown_text(text) == shown


def test_what_is_left_out_has_no_head_and_the_command_that_shows_it(
    tmp_path: Path, run: StoredRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(tmp_path, "safety", pair("same"))
    store(tmp_path, "claims", claim())
    store(tmp_path, "hazards", hazard())
    parts = sections(load_runs([run.folder, scenario_run(tmp_path)]))
    truth, made = read_truth([tmp_path]), [[], []]
    monkeypatch.setattr("analysis.report.markdown._LIMITS", ((0, 0, 8),))
    short = report_markdown(parts, truth, made, command="python -m analysis report one two")
    lines = short.splitlines()
    heads = [number for number, line in enumerate(lines) if re.fullmatch(r"\|(---\|)+", line)]
    assert heads and all(lines[number + 1].startswith("| ") for number in heads), "a head without rows"
    assert "6 scenarios: see the end of this text" in lines
    assert lines[-1].endswith("by python -m analysis report one two") and "in report.html" not in short
    assert "(report.html)" in told(parts[:1]).splitlines()[-1], "the page alone lies next to it"


def test_what_only_saves_memory_is_marked_and_the_words_are_explained(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("frees"), around(1.0, 0.001))
    append_bytes(folder, case("frees"), {"peak_bytes": 8 * 65536}, {"peak_bytes": 4 * 65536})
    append_times(folder, case("gains"), around(2.0, 0.01))
    said = told(sections([load_run(folder)]))
    assert "| gains 2.00x, frees 1.00x (memory) |" in said
    assert "**Use it**: at least 5 % faster or at least 5 % fewer bytes" in said.replace("\u00a0", " ")


@pytest.mark.slow
def test_answers_are_kept_of_what_is_too_long(run: StoredRun, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = told(sections([run]))
    monkeypatch.setattr("analysis.report.markdown._MOST_BYTES", 2_000)
    text = told(sections([run]))
    assert len(text.encode()) < 2_000 < len(whole.encode())
    assert "report.html has all of it" in text and "Without autograd, in-place is faster in 4" in text
