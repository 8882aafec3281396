"""What run.json says is read without trust: anything may be missing, wrong or hostile."""

from pathlib import Path

import pytest

from analysis.run import description, facts
from analysis.run.load import load_run
from analysis.run.wall_time import wall_time
from benchmarks.record import THRESHOLDS
from tests.analysis import invented
from tests.analysis.invented import append_times, case, empty_run


def test_thresholds_fall_back_where_they_make_no_sense() -> None:
    assert facts.thresholds({}) == THRESHOLDS
    stored = {"thresholds": {"difference": 0.02, "equivalence": "3 %", "confidence": 7}}
    assert facts.thresholds(stored) == {**THRESHOLDS, "difference": 0.02}


@pytest.mark.parametrize("nonsense", [None, 7, "text", [], [1], {"a": {"b": []}}, [{"a": None}], True, -1e17])
@pytest.mark.parametrize(
    "name",
    [
        "machine",
        "thresholds",
        "passes",
        "ceilings",
        "ceilings_left_out",
        "shards",
        "pairs",
        "options",
        "start",
        "method",
    ],
)
def test_nonsense_is_passed_over(name: str, nonsense: object) -> None:
    run = {**invented.facts(), name: nonsense}
    for rows in (description.machine_rows(run), description.method_rows(run, ["cpu"])):
        assert all(isinstance(text, str) for row in rows for text in row)
    assert description.machine_line(run, "cpu")
    assert description.machine_line(run, "cuda:1")
    assert facts.code(run, "relu") is None
    description.partial_note({**run, "state": "partial"}, Path("run"))


def test_machine_line() -> None:
    assert description.machine_line(invented.facts(), "cpu") == "Invented CPU · 2 threads · torch 2.13.0 · 2026-01-02"
    gpu = invented.facts(machine={"gpus": [{"name": "Invented GPU"}], "torch_version": "2.13.0"}, start=None)
    assert description.machine_line(gpu, "cuda:0") == "Invented GPU · torch 2.13.0"
    for other in ("cuda:7", "cuda:0000000005", "cuda:9" * 900, "cuda:x", "cuda:-1"):
        assert description.machine_line(gpu, other) == "torch 2.13.0"


def test_a_gpu_is_told_with_all_that_is_stored_of_it() -> None:
    gpu = {"name": "Invented GPU", "driver": "580.1", "memory_bytes": 2**30, "power_limit_w": 700.0, "mig": False}
    rows = dict(description.machine_rows(invented.facts(machine={"gpus": [gpu]})))
    assert rows["GPU 0"].replace("\u00a0", " ") == "Invented GPU, 1 GiB, driver 580.1, power_limit_w 700.0, mig false"


def test_a_ceiling_that_was_left_out_is_told_with_its_reason() -> None:
    left_out = [{"device": "cpu", "threads": 2, "tensor_bytes": 2**30, "reason": "can't allocate memory"}]
    rows = description.machine_rows(invented.facts(ceilings_left_out=left_out))
    told = {name.replace("\u00a0", " "): value for name, value in rows}
    assert told["Bandwidth, cpu, 2 threads, 1 GiB"] == "not measured: can't allocate memory"


def test_a_merged_run_says_which_machine_measured_what() -> None:
    shards = [
        {"shard": "1/2", "host": "a", "pairs": ["relu", "exp"]},
        {"shard": "2/2", "host": None, "pairs": [f"op{number}" for number in range(10)]},
    ]
    rows = dict(description.method_rows(invented.facts(shards=shards), ["cpu"]))
    first, second = rows["Merged from"].split("; ")
    assert first == "shard 1/2 on a (relu, exp)"
    assert second.startswith("shard 2/2 on an unknown machine (op0, ") and second.endswith("op7 and 2 more)")
    assert "Merged from" not in dict(description.method_rows(invented.facts(), ["cpu"]))


def test_partial_says_how_far_it_came_and_how_to_finish() -> None:
    run = invented.facts(state="partial")
    run["passes"][-1]["state"] = "planned"
    assert description.partial_note(run, Path("my runs/one")) == (
        "This run is partial: it stopped after 6 of 7 passes. Finish it with: make bench RESUME='my runs/one'"
    )
    assert description.partial_note(invented.facts(), Path("run")) is None


def test_another_method_is_named() -> None:
    assert dict(description.method_rows({"method": 99}, ["cpu"]))["Method"].startswith(
        "version 99 (this report was written for method "
    )
    assert dict(description.method_rows({"method": 2}, ["cuda:0"]))["Method"] == "version 2"
    assert dict(description.method_rows({"method": 2}, ["cpu", "cuda:0"]))["Method"] == (
        "version 2 (this report was written for method 4, which times cpu differently)"
    )


def test_wall_time_adds_up(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    append_times(folder, case("relu"), [2.0] * 7, wall_s=15.0, rounds_s=12.0)
    rows = {what.split()[0]: seconds for what, seconds, _ in wall_time(load_run(folder))}
    assert rows == {"timed": 84.0, "the": 300.0, "starting": 14.0, "between": 21.0, "before,": 160.0}
    parts = [share for _, _, share in wall_time(load_run(folder))]
    assert sum(parts[:-1]) == pytest.approx(parts[-1])


def test_no_wall_time_no_table(tmp_path: Path) -> None:
    folder = empty_run(tmp_path, passes=None, start=None)
    append_times(folder, case("relu"), [2.0], rounds_s=None)
    assert wall_time(load_run(folder)) == []
