"""What the report says of a run on a GPU, and says of no other."""

import re
from pathlib import Path

import pytest

from analysis.cards.gather import cards, cards_named
from analysis.cards.show import card_text
from analysis.report import gpu_notes, tables
from analysis.report.html.anchors import Anchors
from analysis.report.html.cases import cases_page
from analysis.report.html.op_summary import op_summary
from analysis.report.html.render import html
from analysis.report.html.why import causes
from analysis.report.markdown import report_markdown
from analysis.right.truth import Truth
from analysis.run.load import load_run
from analysis.section import Section, sections
from tests.analysis.invented import MACHINE, append_bytes, append_times, around, case, empty_run
from tests.analysis.invented_gpu import GPU, append_gpu_times, gpu_case, gpu_run
from tests.analysis.only_section import only_section


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Section:
    """The named run on a GPU."""
    return only_section(gpu_run(tmp_path_factory.mktemp("gpu")))


def said(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_advice_follows_what_a_user_feels(section: Section) -> None:
    made = cards(section, Truth())
    ((advice,), (slower,), (device,)) = (
        cards_named(made, name)[0].advice for name in ("host_bound", "host_bound_and_slower", "synchronises")
    )
    assert (advice.word, advice.why) == ("use it", "faster in 1 of 1 case (1.33x)")
    assert slower.word == "never"
    assert device.word == "do not bother"
    assert op_summary(cards_named(made, "host_bound")[0], "without autograd").speedup == pytest.approx(8 / 6)


def test_a_card_shows_both_times_and_the_remarks(section: Section) -> None:
    made = cards(section, Truth())
    text = card_text(cards_named(made, "host_bound")[0])
    assert "host time" in text and "8.00 → 6.00 µs" in text and "1.33x to 1.33x" in text
    assert "no difference, host-bound" in text
    unheld = card_text(cards_named(made, "synchronises")[0])
    assert "timed together with the host, as it waits for the device (synchronises)" in unheld


def test_a_card_of_a_cpu_has_no_column_of_the_host(named_section: Section) -> None:
    text = card_text(cards_named(cards(named_section, Truth()), "same")[0])
    assert "host" not in text and "felt" not in text


def test_the_table_of_cases_has_the_hosts_columns_on_a_gpu_alone(section: Section, named_section: Section) -> None:
    page = cases_page([section], cards(section, Truth()), Anchors([section]))
    headings = [heading.text for heading in page.headings]
    wanted = ["host time", "host speedup", "host interval", "felt", "felt interval", "felt verdict", "cache"]
    assert [name for name in headings if name in wanted] == wanted
    rows = {line.cells[0][0]: dict(zip(headings, line.cells, strict=True)) for line in page.rows}
    row = rows["host_bound"]
    assert said(row["host time"][0]) == "8.00 → 6.00 µs"
    assert (row["felt"][0], row["felt verdict"], row["cache"][0]) == ("1.33x", ("faster", "", "faster"), "hot")
    assert row["remarks"][0] == "host-bound"
    assert rows["bytes_alone"]["felt verdict"] == ("", "", "")
    others = cases_page([named_section], cards(named_section, Truth()), Anchors([named_section]))
    assert not set(wanted) & {heading.text for heading in others.headings}


def test_cautions_count_what_was_timed_otherwise(section: Section) -> None:
    found = tables.cautions(section)
    judged = int(section.cases["verdict"].notna().sum())
    for count, text in (
        (4, "wait for the host: what a user feels is not the device's speedup"),
        (1, "have each call timed together with the host, as it waits for the device (synchronises)"),
        (1, "have blocks in which the GPU was throttled: left out"),
        (1, "have blocks in which the GPU was throttled: may be among its times, as too few others were left"),
        (1, "cost less than 1.4 times the cheapest op, mostly kernel start and gap (little signal)"),
    ):
        assert f"{count} case{'s' if count > 1 else ''} of {judged} {text}." in found


def test_what_was_held_in_some_passes_is_a_problem_and_says_why(section: Section) -> None:
    (row,) = [row for row in tables.problems(section) if row[0] == "held_in_some_passes"]
    assert row[1] == "bistable"
    assert row[3] == "passes differ in being held, 3 of 7 are not: synchronises"


def test_the_floor_is_worded_by_the_device(section: Section, named_section: Section) -> None:
    for part, words in ((section, "mostly kernel start and gap"), (named_section, "mostly Python and dispatch")):
        assert words in causes(part, cards(part, Truth()), Anchors([part])).small_sentence
        assert any(words in note for note in tables.cautions(part))


def test_the_regime_of_the_cache_is_one_sentence(section: Section) -> None:
    judged = int(section.cases["verdict"].notna().sum())
    assert gpu_notes.timing_sentences(section)[0] == (
        f"A round's inputs lie in the L2 cache when its calls start (hot) in {judged - 1} cases and take more "
        "than a third of it, so that they do not stay there (streamed) in 1 case, alike for both variants."
    )


@pytest.mark.parametrize(
    ("regimes", "sentence"),
    [
        (("hot", None), "in 1 case, alike for both variants; for 1 case it is not stored."),
        ((None,), "It is not stored whether the inputs of these cases were in the L2 cache."),
    ],
)
def test_a_regime_that_is_not_stored_is_not_invented(tmp_path: Path, regimes: tuple, sentence: str) -> None:
    folder = empty_run(tmp_path)
    for number, regime in enumerate(regimes):
        append_gpu_times(folder, gpu_case(f"op{number}"), around(1.0, 0.01), cache=regime)
    assert gpu_notes.timing_sentences(only_section(folder))[0].endswith(sentence)


def test_bytes_alone_have_no_regime(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_bytes(folder, gpu_case("relu"), {"peak_bytes": 8}, {"peak_bytes": 4})
    assert gpu_notes.timing_sentences(only_section(folder)) == []


@pytest.mark.parametrize(
    ("others", "sentences"),
    [
        (1, ["1 other process computed on this GPU when the run began, so that its times may be disturbed."]),
        (12, ["12 other processes computed on this GPU when the run began, so that its times may be disturbed."]),
        (0, []),
        (None, []),
    ],
)
def test_others_on_the_card_are_told(tmp_path: Path, others: int | None, sentences: list[str]) -> None:
    folder = empty_run(tmp_path, machine={**MACHINE, "gpus": [{**GPU, "other_processes": others}]})
    append_gpu_times(folder, gpu_case("relu"), around(1.0, 0.01))
    assert [said(each) for each in gpu_notes.timing_sentences(only_section(folder))[1:-1]] == sentences


def test_peaks_name_the_workspaces_where_they_were_counted(
    section: Section, named_section: Section, tmp_path: Path
) -> None:
    assert gpu_notes.peaks_note(section) == gpu_notes.PEAKS_NOTE
    assert gpu_notes.peaks_note(named_section) == ""
    folder = empty_run(tmp_path)
    append_gpu_times(folder, gpu_case("relu"), around(1.0, 0.01))
    assert gpu_notes.peaks_note(only_section(folder)) == ""


@pytest.mark.slow
def test_both_reports_say_it(section: Section) -> None:
    page, text = html([section], Truth()), report_markdown([section], Truth(), [cards(section, Truth())])
    for words in ("takes its workspaces", "The host decides", "(streamed) in 1"):
        assert words in page and words in text, words
    for words in (
        "kernel start and gap",
        "How the GPU was timed",
        "the host decides, host-bound",
        "or on a GPU in being held",
    ):
        assert words in page


@pytest.mark.slow
def test_a_report_of_a_cpu_says_that_no_gpu_was_measured_and_nothing_else_of_it(named_section: Section) -> None:
    page, text = (
        html([named_section], Truth()),
        report_markdown([named_section], Truth(), [cards(named_section, Truth())]),
    )
    reader = re.compile(r'<section class="reader" aria-label="I use a GPU">.*?</section>', re.DOTALL)
    body, said = reader.subn("", page.partition("<body>")[2])
    assert said == 1 and "No GPU was measured here." in page
    (reader_line,) = [
        line for line in text.splitlines() if line.startswith("- **I use a GPU**: No GPU was measured here.")
    ]
    text = text.replace(reader_line, "")
    for words in ("GPU", "host-bound", "host decides", "host time", "kernel start", "workspaces", "felt"):
        assert words not in body and words not in text, words


def test_a_cpu_beside_a_gpu_has_no_sentences_of_it(tmp_path: Path) -> None:
    folder = gpu_run(tmp_path)
    append_times(folder, case("relu"), around(1.5, 0.01))
    on_cpu, on_gpu = sections([load_run(folder)])
    assert gpu_notes.timing_sentences(on_cpu) == []
    assert gpu_notes.timing_sentences(on_gpu)[1:] == [gpu_notes.SIMULATED_NOTE]
