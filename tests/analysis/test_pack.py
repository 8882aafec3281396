"""`analysis pack`: a run, or a folder of findings, in fewer bytes; the same once read; nothing else is touched."""

import json
import shutil

import pytest

from analysis import pack
from analysis.cli import main
from analysis.pack import pack_folder
from analysis.right.truth import read_truth
from benchmarks.autograd.record import files
from benchmarks.record import RecordError
from benchmarks.record.folder import RUN_FILE
from tests.support.commands import ROOT

KEPT = ROOT / "tests/record/first_record"


@pytest.fixture
def run(tmp_path):
    return shutil.copytree(KEPT, tmp_path / "run")


def csv_of(run):
    return pack._cases_csv(run)


@pytest.mark.slow
def test_a_packed_run_gives_the_same_cases(run):
    before = csv_of(run)
    was, now = pack_folder(run)
    assert now < was and sorted(path.suffix for path in run.iterdir()) == [".json", ".xz"]
    assert csv_of(run) == before
    assert pack_folder(run) == (now, now)  # once more: nothing is left to pack


def test_a_run_that_reads_differently_is_left_as_it_was(run, monkeypatch):
    listed, tables = sorted(run.iterdir()), iter("ab")
    monkeypatch.setattr(pack, "_cases_csv", lambda folder: next(tables))
    with pytest.raises(RecordError, match="do not give the same cases"):
        pack_folder(run)
    assert sorted(run.iterdir()) == listed


def test_a_partial_run_is_not_packed(run, capsys):
    facts = json.loads((run / RUN_FILE).read_text())
    (run / RUN_FILE).write_text(json.dumps({**facts, "state": "partial"}))
    assert main(["pack", str(run)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "only a complete run" in told


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_another_folder_is_refused(tmp_path, name, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["pack", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_packed_findings_are_read_once_and_as_before(tmp_path):
    for path in sorted((ROOT / "results/reference/autograd").glob("*-claims-torch2.6*"))[:2]:
        with files.open_stored(path.with_name(path.name.removesuffix(".xz"))) as file:
            (tmp_path / path.name.removesuffix(".xz")).write_bytes(file.read())
    before = read_truth([tmp_path])
    assert before.claims.places
    plain = {path: path.read_bytes() for path in tmp_path.iterdir()}
    pack_folder(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".xz"} and read_truth([tmp_path]) == before
    for path, content in plain.items():
        path.write_bytes(content)
    stored, refused = files.read_all([tmp_path], files.CLAIMS)
    assert len(stored) == len(plain) and not refused
