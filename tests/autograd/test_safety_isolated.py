"""The matrix in a process of its own, its rows, and what is printed of them."""

import json
from dataclasses import asdict, replace

import pytest

from benchmarks import process
from benchmarks.autograd import commands
from benchmarks.autograd.record.differences import Difference, changed_answers
from benchmarks.autograd.record.safety import (
    COSTS_A_COPY,
    CRASHED,
    HUNG,
    QUESTIONS,
    RAISES,
    UNKNOWN,
    WORKS,
    WRONG,
    YES,
    SafetyCell,
    SafetyRow,
)
from benchmarks.autograd.safety import isolated
from benchmarks.autograd.safety.isolated import answers
from benchmarks.autograd.safety.rows import safety_rows
from benchmarks.autograd.terminal import difference_lines, safety_block, safety_summary
from benchmarks.catalogue import families
from benchmarks.cli import main
from benchmarks.record.checking import read_object
from tests.support.forked import FORKING, run_with_forks

#: Of a cell; a process may take longer to start.
LIMIT_S = 4
SOME = ("relu", "leaky_relu", "silu", "ceil")


@pytest.fixture(scope="module")
def rows():
    chosen = [pair for pairs in families().values() for pair in pairs if pair.name in SOME]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "subprocess", FORKING)
        return {row.name: row for row in safety_rows({"some": chosen}, "cpu", False)}


@pytest.mark.slow
def test_a_probe_that_ends_or_freezes_its_process_costs_its_cell(forked_modules, monkeypatch):
    monkeypatch.setattr(isolated, "__name__", "tests.autograd.odd_probes")
    columns = ("nonleaf", "leaf", "expanded", "chunk", "vmap", "func_grad")
    found = [(column, answer) for (_, column), answer in answers([("relu", c) for c in columns], "cpu", False, LIMIT_S)]
    assert tuple(column for column, _ in found) == columns
    said = {column: (answer["status"], answer["text"]) for column, answer in found}
    assert said["leaf"] == (CRASHED, "its process was ended by SIGABRT: its last words")
    assert said["chunk"] == (HUNG, f"no end after {LIMIT_S} s, stopped")
    assert said["vmap"] == (CRASHED, "its process ended with exit status 1: the device is lost")
    assert [said[column][0] for column in ("nonleaf", "expanded", "func_grad")] == [WORKS, RAISES, WORKS]


def test_a_memory_class_that_ends_its_process_is_unknown(monkeypatch):
    lost = {"status": CRASHED, "text": "its process was ended by SIGSEGV"}
    monkeypatch.setattr(isolated, "answers", lambda tasks, *_: ((t, lost) for t in tasks))
    chosen = [pair for pairs in families().values() for pair in pairs if pair.name == "relu"]
    (row,) = safety_rows({"some": chosen}, "cpu", False)
    assert {cell.status for cell in row.cells.values()} == {CRASHED}
    assert (row.saved[0].answer, row.saved[0].reason) == (UNKNOWN, "crashed: its process was ended by SIGSEGV")
    assert read_object(SafetyRow, json.loads(json.dumps(asdict(row)))) == row


def test_a_process_that_cannot_start_is_an_error(monkeypatch):
    monkeypatch.setattr(isolated, "__name__", "benchmarks.nothing")
    with pytest.raises(isolated.ProcessFailed, match="No module named"):
        list(answers([("relu", "leaf")], "cpu", False, 60))


@pytest.mark.slow
def test_a_row_holds_every_question_and_what_is_saved(rows):
    assert list(rows) == ["ceil", "leaky_relu", "relu", "silu"]
    for row in rows.values():
        assert tuple(row.cells) == tuple(QUESTIONS) and row.family == "some"
    assert rows["leaky_relu"].saved[0].answer == YES
    assert rows["silu"].saved[0].answer == COSTS_A_COPY
    assert rows["relu"].outofplace == "relu(x, inplace=False)"
    assert rows["relu"].inputs == "x: 0.25 to 2, both signs"


@pytest.mark.slow
def test_rows_come_back_from_json_as_they_were(rows):
    for row in rows.values():
        assert read_object(SafetyRow, json.loads(json.dumps(asdict(row), allow_nan=False))) == row


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoil, reason",
    [
        (lambda row: row.pop("cells"), "field 'cells' is missing"),
        (lambda row: row.update(more=1), "field 'more' is unknown"),
        (lambda row: row.update(name=3), "field 'name' holds '3'"),
        (lambda row: row.update(name="x" * 2000), "field 'name' holds"),
        (lambda row: row["cells"].update(nothing={}), "field 'cells' holds 'nothing'"),
        (lambda row: row["cells"]["leaf"].update(status="fine"), "field 'status' holds 'fine'"),
        (lambda row: row["cells"]["leaf"].update(error=-1), "field 'error' holds '-1'"),
        (lambda row: row["cells"]["leaf"].update(error="0"), "field 'error' holds '0'"),
        (lambda row: row.update(saved={}), "field 'saved' holds '{}'"),
        (lambda row: row["saved"][0].update(answer="maybe"), "field 'answer' holds 'maybe'"),
        (lambda row: row["saved"][0].update(input_bytes=2**60), "field 'input_bytes' holds"),
        (lambda row: row["saved"][0].update(inplace="result"), "field 'inplace' holds 'result'"),
        (lambda row: row["saved"][0].update(condition="maybe"), "field 'condition' holds 'maybe'"),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(rows, spoil, reason):
    value = json.loads(json.dumps(asdict(rows["relu"])))
    spoil(value)
    with pytest.raises(ValueError, match=reason):
        read_object(SafetyRow, value)
    with pytest.raises(ValueError, match="must be a JSON object"):
        read_object(SafetyRow, [])


@pytest.mark.slow
def test_what_is_printed_names_every_question_and_what_is_wrong(rows):
    text = safety_block(rows["leaky_relu"])
    assert all(question.split(":")[0][:30] in text.replace("\n" + " " * 24, " ") for question in QUESTIONS.values())
    assert "asked with            x: 0.25 to 2, both signs" in text
    assert "held 2N -> 1N" in text and "saves self -> result" in text
    whole = safety_summary(list(rows.values()))
    assert whole.startswith(f"4 pairs, {4 * len(QUESTIONS)} cells")
    assert "1 yes" in whole and "overlapping: leaky_relu" not in whole.splitlines()[0]


@pytest.mark.slow
def test_versions_differ_cell_by_cell(rows):
    relu = rows["relu"]
    other = replace(relu, cells={**relu.cells, "vmap": SafetyCell(WRONG)})
    found = changed_answers({"relu": relu}, {"relu": other})
    assert found == [Difference("vmap", "wrong", "works", ("relu",))]
    assert difference_lines(found) == ["vmap: wrong there, works here: relu"]
    assert changed_answers({"relu": relu}, {"exp": other}) == []


@pytest.mark.slow
def test_the_command_stores_what_it_prints(tmp_path):
    done = run_with_forks("safety", "ceil", "--device", "cpu", "--out", str(tmp_path / "out"), scratch=tmp_path)
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "out").iterdir()
    assert f"stored: {path}" in done.stdout and "ceil: x.ceil()  |  x.ceil_()" in done.stdout
    assert [row["name"] for row in json.loads(path.read_text())["rows"]] == ["ceil"]


@pytest.mark.parametrize(
    "name, line",
    [
        ("ceill", "unknown pair 'ceill'; did you mean ceil, fill, celu?"),
        ("resnet20_relu", "resnet20_relu is a scenario; safety asks about ops"),
    ],
)
def test_what_nobody_declares_is_refused_in_one_line(tmp_path, capsys, name, line):
    assert main(["safety", name, "--device", "cpu", "--out", str(tmp_path / "none")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {line}") and said.count("\n") == 1


@pytest.mark.slow
def test_the_whole_catalogue_is_its_ops(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(commands, "safety_rows", lambda families, *_: asked.append(families) or iter(()))
    commands.run_safety([], ["cpu"], tmp_path, say=lambda line: None)
    assert asked[0].keys() == families().keys()


OWN = """
import torch
from benchmarks.catalogue import Pair
from benchmarks.catalogue.scenarios import Scenario


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, inplace):
        if inplace:
            ctx.mark_dirty(x)
            return x.mul_(2)
        return x * 2

    @staticmethod
    def backward(ctx, gradient):
        return gradient * FACTOR, None


PAIRS = (
    Pair("doubled", outofplace=lambda x: Doubled.apply(x, False), inplace=lambda x: Doubled.apply(x, True)),
    Scenario("a_model", lambda: torch.nn.ReLU(), lambda: torch.nn.ReLU(True), shape=(4,)),
)
"""


@pytest.mark.slow
@pytest.mark.parametrize("factor, first", [(2, WORKS), (1, WRONG)])
def test_a_users_own_ops_are_asked_all_of_it(forked_modules, tmp_path, capsys, factor, first):
    own = tmp_path / "own.py"
    own.write_text(OWN.replace("FACTOR", str(factor)))
    assert main(["safety", "--pairs", str(own), "--device", "cpu", "--out", str(tmp_path / "out")]) == 0
    assert "doubled" in capsys.readouterr().out
    (row,) = json.loads(next((tmp_path / "out").glob("*safety*.json")).read_text())["rows"]
    assert row["name"] == "doubled" and row["cells"].keys() == dict.fromkeys(QUESTIONS).keys()
    assert row["cells"]["first"]["status"] == first


def test_a_file_of_models_alone_is_refused_in_one_line(tmp_path, capsys):
    own = tmp_path / "own.py"
    own.write_text(
        OWN.replace("FACTOR", "2").partition("PAIRS = (")[0] + "PAIRS = (Scenario('m', dict, dict, shape=(4,)),)"
    )
    assert main(["safety", "--pairs", str(own), "--device", "cpu", "--out", str(tmp_path / "out")]) == 2
    assert "declares scenarios only" in capsys.readouterr().err
