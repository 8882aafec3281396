"""`python -m benchmarks claims` and `hazards`: names, output, exit status, and one line for every mistake."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.autograd import commands, terminal
from benchmarks.autograd.hazards.hazard import examine_hazard
from benchmarks.autograd.record import files
from benchmarks.cli import main
from tests.autograd import invented
from tests.autograd.record.rows import claim_row, made

FEW = {"claims": ["standard-add", "leaf-add"], "hazards": ["aliased-gradients", "leaf-written"]}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def stored_in(folder: Path) -> list[files.Stored]:
    return [files.read(path) for path in sorted(folder.glob("*.json"))]


@pytest.mark.parametrize("command", FEW)
def test_some_by_name_in_declared_order(command, capsys):
    assert main([command, ",".join(reversed(FEW[command])), "--device", "cpu"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and [line for line in out.splitlines() if line.startswith(f"2 {command}: ")]
    (found,) = stored_in(Path("results/autograd"))
    assert [row.name for row in found.rows] == FEW[command]
    assert (found.kind, found.torch, found.device) == (command, torch.__version__, "cpu")
    assert max(map(len, out.splitlines())) <= 120


def test_the_blocks_say_what_was_found(capsys):
    main(["hazards", "aliased-gradients", "--device", "cpu", "--out", "here"])
    out = capsys.readouterr().out
    for line in (
        "aliased-gradients: SILENT: no error, wrong gradients",
        "  true        0.5, 0.5; 0.5, 0.5",
        "  obtained    0.25, 0.25; 0.25, 0.25",
        "=>  right: ",
        "1 hazard: 1 silent; none changed; 1 of 1 rewrites right",
    ):
        assert line in out
    assert "side by side" not in out  # one version alone


@pytest.mark.parametrize("command, kind", [("claims", "claim"), ("hazards", "hazard")])
@pytest.mark.parametrize(
    "arguments, said",
    [
        (["recurent"], "unknown {kind} 'recurent'; "),
        (["zzz"], "unknown {kind} 'zzz'; choose from "),
        (["--device", "tpu"], "--device tpu: unknown, choose from cpu"),
        (["--out", "file/below"], "file"),
        (["--out", "file"], "file: "),
        (["--speed"], "unrecognized arguments: --speed"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(command, kind, arguments, said, capsys):
    Path("file").write_text("text")
    try:
        status = main([command, *arguments])
    except SystemExit as ended:  # argparse
        status = ended.code
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: " + said.format(kind=kind))
    assert [path.name for path in Path().iterdir()] == ["file"]


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_one_line(capsys):
    Path("locked").mkdir(mode=0o555)
    assert main(["claims", "leaf-add", "--out", "locked"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "command, given, meant", [("claims", "leaf-ad", "leaf-add"), ("hazards", "leafwriten", "leaf-")]
)
def test_a_name_nearly_right_is_guessed(command, given, meant, capsys):
    assert main([command, given]) == 2
    assert f"did you mean {meant}" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_refused_before_anything_runs(monkeypatch, capsys):
    monkeypatch.setattr(Path, "touch", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "denied", "there")))
    assert main(["claims", "leaf-add", "--out", "there"]) == 2
    assert capsys.readouterr() == ("", "error: there: denied\n")


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is present")
def test_a_gpu_that_is_not_there_is_one_line(capsys):
    assert main(["hazards", "--device", "cuda"]) == 2
    assert "not present (torch sees no CUDA GPU)" in capsys.readouterr().err


def test_an_interrupt_ends_it_with_130_and_stores_nothing(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "decide", interrupted)
    assert main(["claims", "--out", "here"]) == 130
    assert list(Path("here").iterdir()) == []


def test_versions_side_by_side_and_broken_files_named(capsys):
    rows = [claim_row(name, (False, None)) for name in ("standard-add", "retired")]
    for folder, version in (("results/reference/autograd", "0.1.0"), ("here", "0.2.1+cpu")):
        Path(folder).mkdir(parents=True)
        files.write(Path(folder), made(rows=rows, torch=version))
    (Path("here") / "broken.json").write_text("{")
    assert main(["claims", "standard-add", "versions", "--device", "cpu", "--out", "here"]) == 0
    out, err = capsys.readouterr()
    table = out.partition("side by side")[2].splitlines()
    assert table[1].split() == ["0.1.0", "cpu", "0.2.1", "cpu", *printed_version()]
    assert [line.split() for line in table if line.startswith(("standard-add", "retired"))] == [
        ["standard-add", "false", "false", "true"],
        ["retired", "false", "false", "-"],
    ]
    assert "versions: TRUE" in out  # the stored ones say otherwise of standard-add
    assert err.startswith("left out: here/broken.json: cannot be read") and err.count("\n") == 1


def printed_version() -> list[str]:
    return [torch.__version__.partition("+")[0], "cpu"]


def test_a_table_of_many_versions_stays_narrow():
    known = {(f"2.{minor}.0", "cpu"): {"a-claim-by-name": claim_row("a-claim-by-name")} for minor in range(6, 30)}
    lines = terminal.status_table(known).splitlines()
    assert max(map(len, lines)) <= terminal.WIDTH
    assert sum(line.count("partly") for line in lines) == len(known)
    assert terminal.status_table(dict([next(iter(known.items()))])) == ""


def test_builds_of_one_version_are_told_apart():
    known = {(f"2.13.0+{build}", "cpu"): {"a": claim_row("a")} for build in ("cpu", "cu130")}
    assert "2.13.0+cpu cpu" in terminal.status_table(known)


def test_a_change_of_status_is_told():
    row = examine_hazard(invented.hazard(invented.right), "cpu")
    assert "no error, right gradients  (CHANGED: silent on torch 2.13.0)" in terminal.hazard_block(row)
    assert "changed: right (silent -> fixed)" in terminal.hazards_summary([row])
    lost = replace(row, status="not available", reason="needs a compiler")
    assert "none changed" in terminal.hazards_summary([lost]) and "needs a compiler" in terminal.hazard_block(lost)


def test_a_rewrite_that_is_not_right_is_told():
    row = examine_hazard(invented.hazard(invented.lies, rewrite=invented.lies, instead="this"), "cpu")
    assert "this  =>  NOT RIGHT: 3, 0" in terminal.hazard_block(row)
    assert "0 of 1 rewrites right" in terminal.hazards_summary([row])
