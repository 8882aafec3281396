"""Memory, the instrument, cards, cases and runs as the page shows them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.cards.gather import cards
from analysis.numbers.memory import QUESTIONS
from analysis.report.html.anchors import Anchors
from analysis.report.html.cases import cases_page
from analysis.report.html.instrument import instrument, stored_figures
from analysis.report.html.memory_page import ABOUT, BAR, MEANING, memory_page
from analysis.report.html.ops import op_cards
from analysis.report.html.render import html
from analysis.report.html.runs import runs_page, section_names
from analysis.report.palette import SCHEMES, css_variables
from analysis.right.truth import Truth
from analysis.run.load import load_run, load_runs
from analysis.section import Section, sections
from benchmarks.autograd.record.safety import ANSWERS
from tests.analysis.invented import append_bytes, append_times, around, case, empty_run


def test_every_question_and_answer_about_memory_is_explained() -> None:
    assert set(ABOUT) == {question for question, _, _ in QUESTIONS}
    assert set(MEANING) == set(ANSWERS)


def test_bytes_are_counted_by_question_and_drawn_to_scale(named_section: Section) -> None:
    found = memory_page(named_section, cards(named_section, Truth()), Anchors([named_section]))
    counts = {row.question: (row.less, row.same, row.more, row.ratio) for row in found.counts}
    assert counts["peak, no graph"] == (1, 1, 0, "1.41x")
    assert counts["held for backward"] == (1, 0, 0, "2.00x")
    needs = {ops[0][0]: found_needs for ops, found_needs in found.groups}
    half, same = needs["half_the_memory"][0], needs["same"][0]
    assert (half.text, half.word, half.outofplace, half.inplace) == ("2N → 1N", "less", BAR, BAR / 2)
    assert (same.text, same.word) == ("2N", "same")
    assert found.classes == []  # nothing is stored of safety


def test_noise_disturbance_and_a_stored_selftest(named_section: Section, tmp_path: Path) -> None:
    stored = tmp_path / "selftest.json"
    stored.write_text(json.dumps({"A/A": "median 0.07%", "odd": 3, "\u202ebad": "x"}))
    (tmp_path / "gate.json").write_text(json.dumps({"false alarms": "0 of 150"}))
    found = instrument(named_section, [tmp_path / "missing.json", stored], [tmp_path / "gate.json"])
    assert found.gate == [("false alarms", "0 of 150")] and found.gate_file.endswith("gate.json")
    assert found.selftest == [("A/A", "median 0.07%"), ("\ufffdbad", "x")]
    assert found.disturbed == [("disturbed", "inference 64\u00a0Ki")]
    rows = {(row.phase, row.size): row for row in found.noise}
    assert rows["step", "64\u00a0Ki"].median == "1.0 %"
    assert rows["inference", "64\u00a0Ki"].inconclusive.startswith("1 (")


@pytest.mark.parametrize("content", ["", "[1, 2]", "{", "[" * 5000, '{"a": 1}'])
def test_a_selftest_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "selftest.json").write_text(content)
    assert stored_figures([tmp_path / "selftest.json", tmp_path]) == ("", [])


def test_a_case_is_a_row_with_an_address_and_a_command(named_section: Section) -> None:
    made = cards(named_section, Truth())
    table = cases_page([named_section], made, Anchors([named_section]))
    rows = {row.id: row for row in table.rows}
    assert len(rows) == len(table.rows) == len(named_section.cases)
    heads = [heading.csv for heading in table.headings]
    fresh = rows["twice_as_fast.inference.4Mi.fresh"]
    assert dict(zip(heads, (cell[0] for cell in fresh.cells), strict=True))["speedup"] == "12.0x"
    for row in table.rows:
        card = next(card for card in made if row.op == f"op-{card.pair}")
        assert table.repeats[row.repeat] in {case.repeat for case in card.cases}
    assert ("dtype", "float32") in table.common
    assert "allocator" in heads and "dtype" not in heads


def test_bytes_of_one_form_alone_keep_their_column(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for pair, outofplace, inplace in (("both", 8_388_609, 4_194_305), ("one", 8_388_609, None), ("other", None, 5)):
        append_times(folder, case(pair), around(2.0, 0.01))
        append_bytes(folder, case(pair), {"peak_bytes": outofplace}, {"peak_bytes": inplace})
    parts = sections([load_run(folder)])
    table = cases_page(parts, cards(parts[0], Truth()), Anchors(parts))
    place = next(n for n, head in enumerate(table.headings) if head.csv == "outofplace_peak_bytes inplace_peak_bytes")
    assert {row.op: row.cells[place][1] for row in table.rows} == {
        "op-both": "8388609,4194305",
        "op-one": "8388609,",
        "op-other": ",5",
    }


def test_a_card_has_a_part_a_section(tmp_path: Path) -> None:
    folders = [empty_run(tmp_path, name=name, label=name) for name in ("first", "second")]
    for folder in folders:
        append_times(folder, case("relu"), around(2.0, 0.01))
    append_bytes(folders[0], case("relu"), {"peak_bytes": 8 * 65536}, {"peak_bytes": 4 * 65536})
    parts = sections(load_runs(folders))
    made = [cards(section, Truth()) for section in parts]
    (card,) = op_cards(made, section_names(parts), ["", "s2-"], Anchors(parts))
    assert [part.where.partition(" ")[0] for part in card.parts] == ["first", "second"]
    assert card.parts[0].needs == [("peak, no graph", "2N → 1N")]
    assert card.parts[1].needs == []
    assert [word for _, word, _ in card.parts[1].advice] == ["use it"]


def test_runs_meet_in_ratios_by_age_whatever_their_device(tmp_path: Path) -> None:
    new = empty_run(tmp_path, name="new", start="2026-02-01T00:00:00Z")
    append_times(new, case("relu", device="cuda:0", allocator="caching"), around(3.0, 0.01))
    append_times(new, case("exp", device="cuda:0", allocator="caching"), around(3.0, 0.01))
    old = empty_run(tmp_path, name="old", start="2026-01-01T00:00:00Z")
    append_times(old, case("relu"), around(2.0, 0.01))
    append_times(old, case("relu", threads=1), around(9.0, 0.01))
    parts = sections(load_runs([new, old]))
    found = runs_page(parts, ["", "s2-"], Anchors(parts))
    assert [column.prefix for column in found.columns] == ["s2-", ""]
    (row,) = found.rows
    assert [then.text for then in row.runs] == ["2.00x", "3.00x"]
    assert row.runs[0].x < row.runs[1].x and row.runs[1].y < row.runs[0].y < row.one
    assert row.spread == "1.50x"
    assert dict(found.facts)["stored as"] == ["old", "new"]
    assert runs_page(parts[:1], [""], Anchors(parts)) is None


@pytest.mark.parametrize(
    ("device", "methods", "note"),
    [
        ("cpu", (1, 2), ""),
        ("cuda:0", (2, 2), ""),
        (
            "cuda:0",
            (1, 2),
            "Not all of these runs timed cuda by one method: a speedup may differ for that alone.",
        ),
        ("cpu", (1, 99), "Not all of these runs timed cpu by one method: a speedup may differ for that alone."),
    ],
)
def test_methods_that_time_a_device_otherwise_are_told(tmp_path: Path, device: str, methods: tuple, note: str) -> None:
    for method, name in zip(methods, "ab", strict=True):
        append_times(empty_run(tmp_path, name=name, method=method), case("relu", device=device), around(2.0, 0.01))
    parts = sections(load_runs([tmp_path / "a", tmp_path / "b"]))
    assert runs_page(parts, ["", "s2-"], Anchors(parts)).methods_note == note


@pytest.mark.slow
def test_the_page_tells_of_other_methods(tmp_path: Path) -> None:
    for method, name in ((1, "a"), (99, "b")):
        append_times(empty_run(tmp_path, name=name, method=method), case("relu"), around(2.0, 0.01))
    page = html(sections(load_runs([tmp_path / "a", tmp_path / "b"])), Truth())
    assert "Not all of these runs timed cpu by one method" in page


@pytest.mark.slow
def test_bytes_that_moved_between_runs_are_told(tmp_path: Path) -> None:
    folders = [
        empty_run(tmp_path, name=name, label=name, start=f"2026-0{n}-01") for n, name in enumerate("abc", start=1)
    ]
    for folder, inplace in zip(folders, (4, 4, 8), strict=True):
        for pair, needs in (("same", 4), ("grows", inplace)):
            append_times(folder, case(pair), around(2.0, 0.01))
            append_bytes(folder, case(pair), {"peak_bytes": 8 * 1024}, {"peak_bytes": needs * 1024})
    parts = sections(load_runs(folders))
    rows = {row.pair: row for row in runs_page(parts, ["", "s2-", "s3-"], Anchors(parts)).rows}
    assert (rows["same"].memory, rows["same"].memory_moved) == ("2.00x", False)
    moved = rows["grows"].memory.replace("\u00a0", " ")
    assert moved == "2.00x (8 → 4 KiB); then 1.00x (8 → 8 KiB)" and rows["grows"].memory_moved
    assert rows["grows"].id == "history-grows.inference.65536"


@pytest.mark.slow
def test_scenarios_have_a_history_too(tmp_path: Path) -> None:
    folders = [empty_run(tmp_path, name=name, label=name, scenarios={"net": {"topic": "vision"}}) for name in "ab"]
    for folder in folders:
        append_times(folder, case("net", family="scenarios", scale=2), around(2.0, 0.01))
        append_times(folder, case("net", family="scenarios", scale=4), around(3.0, 0.01))
    parts = sections(load_runs(folders))
    found = runs_page(parts, ["", "s2-"], Anchors(parts))
    assert [[then.text for then in row.runs] for row in found.rows] == [["2.00x"] * 2, ["3.00x"] * 2]
    assert len({row.id for row in found.rows}) == 2


def test_runs_of_one_name_are_told_apart(named_section: Section) -> None:
    (name,) = section_names([named_section])
    assert section_names([named_section, replace(named_section), named_section])[1:] == [f"{name}~{n}" for n in (2, 3)]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_and_marks_stand_out_from_what_they_stand_on(scheme: str) -> None:
    colours = SCHEMES[scheme]
    for text in ("ink", "muted", "in-text", "out-text"):
        for ground in ("paper", "tint"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for mark in ("in", "out", "faint"):
        assert contrast(colours[mark], colours["paper"]) >= 3, mark
    for side in "fs":
        for step in (1, 2, 3):
            assert contrast(colours["ink"], colours[f"{side}{step}"]) >= 4.5
        assert contrast(colours["paper"], colours[f"{side}4"]) >= 4.5
    assert f"--ink: {colours['ink']};" in css_variables()
