"""Stored claims and hazards: what is written is read again, and nothing else is."""

import json
from dataclasses import replace

import pytest

from benchmarks.autograd.hazards.hazard import examine_hazard
from benchmarks.autograd.record import files
from benchmarks.autograd.record.files import (
    CLAIMS,
    HAZARDS,
    SAFETY,
    CorrectnessError,
    newest,
    read,
    read_all,
    version_key,
    write,
)
from benchmarks.autograd.record.safety import NOT_ASKED, SafetyCell, SafetyRow
from tests.autograd import invented
from tests.autograd.record.rows import claim_row, made
from tests.support.commands import ROOT


def test_a_matrix_of_before_its_inputs_were_told_is_read(tmp_path):
    path = write(tmp_path, made(SAFETY, [SafetyRow("relu", "some", "x.relu()", "x.relu_()", {}, (), "x: 1 to 2")]))
    assert read(path).rows[0].inputs == "x: 1 to 2"
    content = json.loads(path.read_text())
    del content["rows"][0]["inputs"]
    path.write_text(json.dumps(content))
    assert read(path).rows[0].inputs == "" and read(path).rows[0].name == "relu"


@pytest.mark.parametrize("kind", [CLAIMS, HAZARDS])
def test_what_is_written_is_read(tmp_path, kind):
    path = write(tmp_path, made(kind))
    assert read(path) == made(kind)
    assert path.name == f"20260102T030405Z-{kind}-torch2.13.0+cpu-cpu.json"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_rows_without_rewrite_or_with_a_reason_are_read(tmp_path):
    rows = [examine_hazard(invented.hazard(program), "cpu") for program in invented.STATUSES]
    assert read(write(tmp_path, made(HAZARDS, rows))).rows == tuple(rows)


def test_nothing_stored_is_replaced(tmp_path):
    first = write(tmp_path, made())
    before = first.read_bytes()
    second = write(tmp_path, made(rows=[claim_row(held=(True, True))]))
    assert first != second and first.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2


def test_names_of_devices_and_versions_are_safe_as_file_names(tmp_path):
    path = write(tmp_path, made(torch="2.9.0a0+git/../x y", device="cuda:1"))
    assert path.parent == tmp_path and path.name.endswith("-torch2.9.0a0+git_.._x_y-cuda1.json")
    assert read(path).device == "cuda:1"


def test_what_was_cut_off_in_writing_leaves_no_half(tmp_path, monkeypatch):
    monkeypatch.setattr(files.Path, "write_bytes", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        write(tmp_path, made())
    (left,) = tmp_path.iterdir()
    assert left.stat().st_size == 0  # the name is taken; nothing reads it as claims
    with pytest.raises(CorrectnessError):
        read(left)


def changed(**changes):
    return lambda content: {**content, **changes}


def in_row(**changes):
    return lambda content: {**content, "rows": [{**content["rows"][0], **changes}]}


def without(name):
    return lambda content: {**content, "rows": [{k: v for k, v in content["rows"][0].items() if k != name}]}


BAD = {
    "an array": (CLAIMS, lambda content: [content], "not claims, hazards or safety"),
    "no version": (CLAIMS, changed(truth=None), "not claims, hazards or safety"),
    "true as a version": (CLAIMS, changed(truth=True), "not claims, hazards or safety"),
    "a later version": (CLAIMS, changed(truth=99), "version 99, this code reads 2; update it"),
    "an earlier version": (CLAIMS, changed(truth=1), "version 1, this code reads 2; make claims again"),
    "an unknown kind": (CLAIMS, changed(kind="beliefs"), "not claims, hazards or safety"),
    "the other kind": (CLAIMS, changed(kind=HAZARDS), "field 'title' is missing"),
    "no torch": (CLAIMS, changed(torch=""), "field 'torch'"),
    "a number as torch": (CLAIMS, changed(torch=2.13), "field 'torch'"),
    "an escape in a name": (CLAIMS, changed(device_name="\x1b[2J"), "field 'device_name'"),
    "a time of its own": (CLAIMS, changed(made="yesterday"), "field 'made' holds 'yesterday'"),
    "no rows": (CLAIMS, changed(rows=None), "field 'rows' is no list"),
    "a row of text": (CLAIMS, changed(rows=["x"]), "ClaimRow must be a JSON object"),
    "a field less": (CLAIMS, without("belief"), "field 'belief' is missing"),
    "a field more": (CLAIMS, in_row(surplus=1), "field 'surplus' is unknown"),
    "an escape in a row's name": (CLAIMS, in_row(name="a\x1b[2J"), "field 'name' holds"),
    "a verdict of its own": (CLAIMS, in_row(verdict="maybe"), "field 'verdict' holds 'maybe'"),
    "text as a list": (CLAIMS, in_row(observations="x"), "field 'observations' holds 'x'"),
    "one for true": (CLAIMS, in_row(observations=[{"what": "a", "seen": "b", "holds": 1}]), "field 'holds' holds '1'"),
    "a long text": (CLAIMS, in_row(belief="x" * 30_000), "field 'belief'"),
    "a status of its own": (HAZARDS, in_row(status="fine"), "field 'status' holds 'fine'"),
    "a rewrite of text": (HAZARDS, in_row(rewrite="x"), "Outcome must be a JSON object"),
    "a warning of numbers": (HAZARDS, in_row(warned=[1]), "field 'warned' holds '1'"),
    "a number as a status": (HAZARDS, in_row(status=3), "field 'status' holds '3'"),
    "a list as a status": (HAZARDS, in_row(status=["silent"]), "field 'status'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_line(tmp_path, name):
    kind, change, said = BAD[name]
    path = write(tmp_path, made(kind))
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(CorrectnessError, match=r"\A.+\Z") as refused:
        read(path)
    assert str(refused.value).startswith(f"{path}: ") and said in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", '{"truth": NaN}', "[" * 100_000, "\x00", '"text"'])
def test_what_is_no_json_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "torn.json").write_text(text)
    with pytest.raises(CorrectnessError) as refused:
        read(tmp_path / "torn.json")
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 400


def test_one_bad_file_does_not_hide_the_others(tmp_path):
    write(tmp_path, made(at="20260103T000000Z"))
    write(tmp_path, made(HAZARDS))
    write(tmp_path, made(at="20260101T000000Z"))
    (tmp_path / "broken.json").write_text("{")
    found, refused = read_all((tmp_path, tmp_path, tmp_path / "missing"), CLAIMS)
    assert [each.made for each in found] == ["20260101T000000Z", "20260103T000000Z"]
    assert len(refused) == 1 and "broken.json" in refused[0]


def test_the_newest_row_of_a_name_counts():
    old = made(rows=[claim_row("a", (True, True)), claim_row("b", (True, True))], at="20260101T000000Z")
    new = made(rows=[claim_row("a", (False, None))], at="20260102T000000Z")
    for order in ([old, new], [new, old]):
        ((on, rows),) = newest(order).items()
        assert on == ("2.13.0+cpu", "cpu")
        assert {name: row.verdict for name, row in rows.items()} == {"a": "false", "b": "true"}


def safety_row(**cells) -> SafetyRow:
    return SafetyRow("relu", "activations", "x.relu()", "x.relu_()", cells, ())


def test_what_was_not_asked_again_stays_answered():
    asked = safety_row(leaf=SafetyCell("raises", "old"), inductor=SafetyCell("works"))
    plain = safety_row(leaf=SafetyCell("raises", "new"), inductor=SafetyCell("no case", NOT_ASKED))
    files = [made(SAFETY, [asked], at="20260101T000000Z"), made(SAFETY, [plain], at="20260102T000000Z")]
    ((row,),) = (rows.values() for rows in newest(files).values())
    assert row == safety_row(leaf=SafetyCell("raises", "new"), inductor=SafetyCell("works"))
    ((row,),) = (rows.values() for rows in newest(files[1:]).values())
    assert row == plain


def test_versions_stand_in_their_order():
    versions = ["2.13.0+cpu", "2.6.0", "2.9.1+cu128", "2.13.0", "2.9.0"]
    files = [replace(made(), torch=version) for version in versions]
    assert [torch for torch, _ in newest(files)] == ["2.6.0", "2.9.0", "2.9.1+cu128", "2.13.0", "2.13.0+cpu"]
    assert version_key("2.9") < version_key("2.10.0a0") < version_key("10.0")


@pytest.mark.parametrize("kind", [CLAIMS, HAZARDS])
def test_what_the_repository_keeps_is_read(kind):
    kept, refused = read_all((ROOT / "results/reference/autograd",), kind)
    assert refused == [] and len({each.torch for each in kept}) >= 2
    assert all(rows for rows in newest(kept).values())
