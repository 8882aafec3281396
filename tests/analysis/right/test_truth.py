"""Claims, hazards and the safety matrix in the report: of the run's own torch, escaped, and never in its way."""

import json
from dataclasses import asdict, replace

import pandas as pd
import pytest

from analysis.report.write import write_report
from analysis.right import matrix, safety
from analysis.right.truth import read_truth, where
from benchmarks.autograd.record import files
from benchmarks.autograd.record.files import SAFETY, Stored
from benchmarks.autograd.record.safety import (
    CONDITIONS,
    COSTS_A_COPY,
    NO_CASE,
    PLAIN,
    QUESTIONS,
    RAISES,
    STATUSES,
    WORKS,
    WRONG,
    YES,
    SafetyCell,
    SafetyRow,
    Saved,
)
from tests.analysis.invented import append_times, around, case, empty_run
from tests.analysis.only_section import only_section
from tests.support.commands import ROOT

HOSTILE = "<script>alert(1)</script>"
REFERENCE = ROOT / "results/reference/autograd"


def row(name, family="pointwise", answer=YES, **statuses):
    cells = {question: SafetyCell(statuses.get(question, WORKS), statuses.get("text", "")) for question in QUESTIONS}
    saved = Saved(PLAIN, ("self",), ("result",), answer, "", 100, 300, 200, 200, 100, 300, 200)
    return SafetyRow(name, family, f"x.{name}()", f"x.{name}_()", cells, (saved,))


def store(folder, *rows, torch="2.13.0+cpu"):
    folder.mkdir(exist_ok=True)
    facts = {"device_name": "a CPU", "system": "an OS", "python": "3", "made": "20260102T030405Z"}
    return files.write(folder, Stored(kind=SAFETY, torch=torch, device="cpu", rows=rows, **facts))


@pytest.fixture
def section(tmp_path):
    folder = empty_run(tmp_path / "run")
    append_times(folder, case("relu"), around(2.0, 0.01))
    return only_section(folder)


def test_the_newest_rows_of_the_runs_own_torch_count(tmp_path, section):
    store(tmp_path / "a", row("relu", leaf=RAISES), torch="2.6.0+cu124")
    store(tmp_path / "a", row("relu", leaf=WRONG), row("exp"))
    truth = read_truth([tmp_path / "a", tmp_path / "nowhere"])
    place = where(section.run.facts, "cpu")
    assert place == ("2.13.0", "cpu")
    assert [(r.name, r.cells["leaf"].status) for r in truth.safety.at(place)] == [("relu", WRONG), ("exp", WORKS)]
    assert truth.safety.places == [("2.6.0", "cpu"), ("2.13.0", "cpu")]


def test_every_status_has_a_legend_and_every_condition_its_columns():
    assert set(safety.LEGEND) == set(STATUSES)
    assert set(safety.COLUMN_ENDS) == set(CONDITIONS)


def test_the_sentences_name_what_is_silently_wrong_and_count_the_answers():
    rows = [
        row("logical_not", leaf=WRONG),
        row("unexplained", view=WRONG),
        row("mul", answer=COSTS_A_COPY, leaf=RAISES),
    ]
    told = " ".join(f"{warning}: {text}" if warning else text for warning, text in safety.sentences(rows))
    assert "logical_not" in told and "autograd does not see the write" in told
    assert "not explained" in told and "unexplained" in told
    assert "yes: 2" in told and "no, it costs a copy: 1" in told


def test_the_answers_name_the_inputs_that_they_hold_for():
    before, since = row("relu"), replace(row("relu"), inputs="x: 0.25 to 2")
    assert not any("The answers hold" in text for _, text in safety.sentences([before]))
    assert any("The answers hold for the tested inputs" in text for _, text in safety.sentences([since]))
    assert matrix.matrix_rows([since])[0][2].endswith("   asked with x: 0.25 to 2")
    assert safety.safety_table([before, since])["inputs"].fillna("").tolist() == ["", "x: 0.25 to 2"]


def test_a_question_that_nobody_was_asked_has_no_column():
    rows = [row("relu", inductor=NO_CASE, aot_eager=NO_CASE)]
    assert "inductor" not in safety.asked_questions(rows) and "leaf" in safety.asked_questions(rows)
    ((name, *_, cells, memory),) = matrix.matrix_rows(rows)
    assert name == "relu" and len(cells) == len(QUESTIONS) - 2
    assert (memory[0].answer, memory[0].held) == (YES, "2N → 1N")


@pytest.mark.slow
def test_what_another_torch_answers_otherwise_is_told(tmp_path, section):
    store(tmp_path, row("relu", vmap=RAISES, inductor=NO_CASE), torch="2.6.0")  # not compiled: no difference
    store(tmp_path, row("relu"), torch="2.12.0")
    store(tmp_path, row("relu"), row("exp", vmap=RAISES))
    truth = read_truth([tmp_path])
    assert safety.other_answers(truth, ("2.13.0", "cpu")) == [
        ("torch 2.6.0 on cpu", [("under torch.vmap", RAISES, WORKS, "relu")]),
        ("torch 2.12.0 on cpu", []),
    ]
    assert safety.other_answers(truth, ("9.9.9", "cpu")) == []
    page = write_report([section], tmp_path / "report", autograd=[tmp_path]).read_text(encoding="utf-8")
    assert "<td>raises<td>works<td>relu" in page and "the same in every cell" in page


@pytest.mark.slow
def test_the_page_and_the_table_hold_every_pair(tmp_path, section):
    store(tmp_path / "a", row("relu", after_saver=RAISES, text="modified by an inplace operation"), row("exp"))
    page = write_report([section], tmp_path / "report", autograd=[tmp_path / "a"]).read_text(encoding="utf-8")
    assert "Is it right?" in page and "modified by an inplace operation" in page
    table = pd.read_csv(tmp_path / "report/tables/safety.csv")
    assert table["name"].tolist() == ["relu", "exp"]
    assert table["after_saver"].tolist() == [RAISES, WORKS] and table["saves_memory"].tolist() == [YES, YES]


@pytest.mark.slow
def test_where_nothing_is_stored_the_command_that_makes_it_is_named(tmp_path, section):
    page = write_report([section], tmp_path / "report", autograd=[tmp_path]).read_text(encoding="utf-8")
    for command in ("make safety", "make claims", "make hazards"):
        assert command in page
    assert not (tmp_path / "report/tables/safety.csv").exists()


@pytest.mark.slow
def test_hostile_rows_stay_text_and_broken_files_are_a_line(tmp_path, section):
    hostile = row(HOSTILE, family=HOSTILE, leaf=RAISES, text=HOSTILE)
    store(tmp_path / "a", hostile)
    (tmp_path / "a/broken.json").write_text("{")
    page = write_report([section], tmp_path / "report", autograd=[tmp_path / "a"]).read_text(encoding="utf-8")
    assert HOSTILE not in page and "&lt;script&gt;alert(1)" in page
    assert "broken.json: cannot be read" in page
    assert HOSTILE not in (tmp_path / "report/report.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_the_repository_keeps_is_shown_whole(tmp_path, section):
    page = write_report([section], tmp_path / "report", autograd=[REFERENCE]).read_text(encoding="utf-8")
    for word in ("2.6.0", "2.13.0", "2.15.0", "silently wrong", "What to write instead was run as well"):
        assert word in page
    assert len(page.encode()) < 2_000_000
    tables = {name: pd.read_csv(tmp_path / f"report/tables/{name}.csv") for name in ("safety", "claims", "hazards")}
    assert len(tables["safety"]) == 245 and set(tables["claims"]["torch"]) == {"2.6.0", "2.13.0", "2.15.0"}
    assert not tables["hazards"]["true"].isna().all()


def test_rows_are_written_as_they_are_read(tmp_path):
    path = store(tmp_path / "a", row("relu"))
    assert json.loads(path.read_text())["rows"] == [json.loads(json.dumps(asdict(row("relu"))))]


def test_a_pair_without_a_derivative_counts_as_what_it_is():
    """It works with the derivative that it does not have: the sentence says "where they have one"."""
    rows = [row("relu"), row("floor_divide", first=NO_CASE, second=NO_CASE), row("logical_and", first=WRONG)]
    said = safety.sentences(rows)[0][1]
    assert said.startswith("2 of 3 pairs work in the middle of a graph and on a view, with the right first and second ")
    assert "derivative where they have one;" in said
    (memory,) = safety.training_memory_sentence(rows)
    assert "fewer bytes are held for backward" in memory and memory.endswith("yes: 3.")
