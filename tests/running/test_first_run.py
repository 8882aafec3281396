"""The first run on a device: parts that end in time, are taken up, and leave small files."""

from dataclasses import replace

import pytest
import torch

from benchmarks import cli as command_module
from benchmarks.catalogue import families
from benchmarks.catalogue.scenarios import topics
from benchmarks.catalogue.select import select_families
from benchmarks.cli import main
from benchmarks.entry import STOP_S
from benchmarks.planning.axes import Axes, cross
from benchmarks.planning.estimate import gpu_run_s
from benchmarks.planning.presets import PRESETS
from benchmarks.record import INPLACE, OUTOFPLACE, Measurement
from benchmarks.record.folder import append_pair, read_run, write_run
from benchmarks.running import first_run as module
from benchmarks.running.first_run import CHECK_S, OPS, PARTS, SCENARIOS, FirstRunPart, first_run, summary
from tests.running.cases import CASE

PART = FirstRunPart("first-smoke", 80, ("--preset", "smoke"))


def test_all_parts_together_end_within_eight_minutes():
    assert sum(limit_s + STOP_S for limit_s in (CHECK_S, *(part.limit_s for part in PARTS))) <= 480


@pytest.mark.parametrize("part", PARTS, ids=[part.label for part in PARTS])
def test_each_part_is_estimated_to_be_complete_within_its_limit(part):
    options = dict(zip(part.options[::2], part.options[1::2], strict=True))
    preset, names = PRESETS[options["--preset"]], options.get("--pair", "")
    cases = cross(select_families(None, names.split(",") if names else ()), preset, Axes(("cuda:0",), (1,)))
    if options.get("--select") == "not bench_scenarios":
        cases = [case for case in cases if not case.scale]
    assert cases and gpu_run_s(cases, preset.gpu_passes, preset.gpu_seconds) < part.limit_s


def test_what_it_names_is_in_the_catalogue():
    assert set(OPS) <= {pair.name for pairs in families().values() for pair in pairs} and len(OPS) == 13
    assert set(SCENARIOS) <= {scenario.name for each in topics().values() for scenario in each}
    assert len(SCENARIOS) == 12


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Stands in for the suite's commands: stores a run as the command would, `states` deciding how it ends."""
    states, commands = {}, []

    def within(command, limit_s):
        commands.append(command[3:])
        if command[3] != "run":
            return states.get("check", 0)
        if "--resume" in command:
            folder = tmp_path / command[command.index("--resume") + 1]
            write_run(folder, {**read_run(folder), "state": "complete"})
            return
        label = command[command.index("--label") + 1]
        folder = tmp_path / f"2026010{len(list(tmp_path.iterdir()))}T000000Z-host-torch-{label}"
        folder.mkdir()
        write_run(folder, {"state": states.get(label, "complete"), "machine": {}})
        (folder / "pytest-benchmark-1.json").write_text("{}" * 1000)

    monkeypatch.setattr(module, "run_command", within)
    return states, commands


def test_each_part_is_a_run_of_its_own_behind_the_check(runs, tmp_path):
    _, commands = runs
    said = []
    assert first_run("cuda:0", tmp_path, ["--host", "here"], said.append)
    assert commands[0][:5] == ["selftest", "--short", "--device", "cuda:0", "--out"]
    assert [command[command.index("--label") + 1] for command in commands[1:]] == [part.label for part in PARTS]
    assert all(command[-3:] == ["--host", "here", "--no-report"] for command in commands[1:])
    assert not list(tmp_path.glob("*/pytest-benchmark-*.json"))
    assert sum("complete" in line for line in said) == len(PARTS)
    assert "short self-test: holds" in said


def test_a_self_test_that_fails_is_told_and_counts(runs, tmp_path):
    states, _ = runs
    states["check"] = 1
    said = []
    assert not first_run("cuda:0", tmp_path, [], said.append)
    assert any(line.startswith("short self-test: FAILS") for line in said)


def test_a_part_that_other_code_measured_is_measured_anew(runs, tmp_path):
    _, commands = runs
    assert first_run("cpu", tmp_path, [], lambda line: None)
    for run in tmp_path.glob("*-first-ops"):
        write_run(run, {**read_run(run), "suite_sha256": "of other code"})
    commands.clear()
    first_run("cpu", tmp_path, [], lambda line: None)
    assert [command[0] for command in commands] == ["selftest", "run"] and "--resume" not in commands[1]


def test_typed_again_it_finishes_what_was_stopped_and_leaves_what_is_complete(runs, tmp_path):
    states, commands = runs
    states["first-ops"] = "partial"
    assert not first_run("cpu", tmp_path, [], lambda line: None)
    commands.clear()
    assert first_run("cpu", tmp_path, [], lambda line: None)
    assert [command[0] for command in commands] == ["selftest", "run"]
    assert commands[1][1] == "--resume" and commands[1][2].endswith("first-ops")


def test_a_part_that_never_began_is_told(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "run_command", lambda command, limit_s: None)
    said = []
    assert not first_run("cpu", tmp_path, [], said.append)
    assert said[-1] == "first-scenarios: nothing was measured"
    monkeypatch.setattr(module, "run_command", lambda command, limit_s: 0)
    assert not first_run("cpu", tmp_path, [], said.append), "also where the self-test holds"


def test_states_and_reasons_are_counted(tmp_path):
    write_run(tmp_path, {"state": "complete", "machine": {}})
    fine = Measurement(CASE, OUTOFPLACE, "time", 1)
    failed = Measurement(
        replace(CASE, pair="relu"), OUTOFPLACE, "time", 1, state="unsupported", reason="no such kernel"
    )
    silent = replace(failed, case=replace(CASE, pair="exp"), state="hung", reason=None)
    for each in (fine, failed, silent):
        append_pair(tmp_path, each, replace(each, variant=INPLACE))
    lines = summary(PART, tmp_path)
    assert lines[0].startswith("first-smoke: complete, 1 time hung, 1 time ok, 1 time unsupported (")
    assert lines[1:] == [
        "  relu inference: unsupported: no such kernel",
        "  exp inference: hung: no reason is stored",
    ]


@pytest.mark.parametrize("complete, status", [(True, 0), (False, 1)])
def test_the_command_runs_it_on_one_device(monkeypatch, tmp_path, complete, status):
    asked = []

    def run(device, out, options, say):
        asked.append((device, out, options))
        return complete

    monkeypatch.setattr(command_module, "first_run", run)
    assert main(["first-run", "--device", "cpu", "--out", str(tmp_path), "--host", "here"]) == status
    assert asked == [("cpu", tmp_path, ["--host", "here"])]
    assert main(["first-run", "--device", "cpu", "--out", str(tmp_path)]) == status and asked[1][2] == []


@pytest.mark.parametrize(
    "options, line",
    [
        (["--device", "cuda:7"], "--device cuda:7: not present (torch sees 2)"),
        (["--device", "all"], "--device all: name one device"),
        (["--device", "cpu", "--host", "a/b"], "--host a/b: use letters"),
        ([], "--device cuda:0: CUDA_LAUNCH_BLOCKING=1: "),
    ],
)
def test_what_cannot_be_is_one_line_and_status_2(monkeypatch, capsys, options, line):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    if not options:
        monkeypatch.setenv("CUDA_LAUNCH_BLOCKING", "1")
    assert main(["first-run", *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {line}") and said.count("\n") == 1


def test_a_run_that_cannot_be_read_is_named_once_and_an_older_one_goes_on(runs, tmp_path):
    _, commands = runs
    for name in ("20260101T000000Z-h-first-ops", "20260102T000000Z-h-first-ops", "20260103T000000Z-h-first-ops"):
        (tmp_path / name).mkdir()
    write_run(tmp_path / "20260101T000000Z-h-first-ops", {"state": "partial", "machine": {}})
    (tmp_path / "20260103T000000Z-h-first-ops" / "run.json").write_text("{")
    said = []
    first_run("cpu", tmp_path, [], said.append)
    assert ["--resume", str(tmp_path / "20260101T000000Z-h-first-ops")] in [command[1:3] for command in commands]
    broken, empty = [line for line in said if line.startswith("passed over: ")]
    assert "20260103T000000Z-h-first-ops/run.json: cannot be read" in broken
    assert "20260102T000000Z-h-first-ops: not a run" in empty
