"""A fleet from its plan to its merged runs, on this machine with a stand-in of the suite. Gaps: `test_gaps`."""

import json
import re

import pytest

from benchmarks.cli import main
from benchmarks.fleet import drive as loop
from benchmarks.fleet import this_machine
from benchmarks.fleet.drive import drive
from benchmarks.fleet.fleet_engine import EngineError, Report
from benchmarks.fleet.kept_shards import KeptShards, NotTheShard, UnlikeMachine
from benchmarks.fleet.live_table import LiveTable, table_lines
from benchmarks.fleet.schedule import DONE, LOST, Node, Schedule
from benchmarks.fleet.this_machine import ThisMachine
from benchmarks.record.folder import read_journal, read_run
from tests.fleet.fleet_suite import merged_runs
from tests.support.shards import COUNT


def fleet(plan_file, tmp_path, *more):
    return main(["fleet", str(plan_file), "--out", str(tmp_path / "out"), "--no-report", *more])


def lines_of(run):
    return sorted((out.line(), into.line()) for out, into in read_journal(run))


@pytest.mark.slow
def test_a_plan_becomes_one_run_and_is_not_measured_twice(plan_file, tmp_path, suite, stored_shards, capsys):
    assert fleet(plan_file, tmp_path) == 0
    (run,) = merged_runs(tmp_path)
    assert f"run: {run}" in capsys.readouterr().out
    assert lines_of(run) == lines_of(stored_shards / "whole")
    assert [row["shard"] for row in read_run(run)["shards"]] == ["1/3", "2/3", "3/3"]
    before = (run / "run.json").stat().st_mtime_ns
    assert fleet(plan_file, tmp_path) == 0
    assert len(suite.begun) == COUNT and (run / "run.json").stat().st_mtime_ns == before


class Lossy:
    """Three machines that lose every second try, and one that leaves for good; the others store their shard."""

    def __init__(self, shards):
        self.shards, self.begun, self.ready = shards, [], []
        self.alive = [Node("a", "here"), Node("b", "here"), Node("c", "here")]

    def nodes(self):
        return self.alive

    def begin(self, begun, task):
        assert task.host == begun.node and task.shard == begun.job.shard
        self.begun.append(begun)
        if len(self.begun) % 2:
            self.ready.append((begun, Report("killed", LOST)))
        elif len(self.begun) == 2:
            self.alive = [node for node in self.alive if node.name != begun.node]
        else:
            folder = self.shards / f"shard{begun.job.number}"
            files = {f"{folder.name}/{path.name}": path.read_bytes() for path in folder.iterdir()}
            self.ready += [(begun, Report("complete", DONE, files))] * 2

    def reports(self, limit_s):
        found, self.ready = self.ready, []
        return found


@pytest.mark.slow
def test_losses_cost_no_shard(plan, tmp_path, stored_shards):
    engine, shown = Lossy(stored_shards), []
    kept = KeptShards(tmp_path / "out")
    schedule = drive(plan, engine, kept, lambda schedule, said: shown.append(dict(said)))
    assert schedule.finished and kept.done(plan.jobs()) == plan.jobs() and len(engine.begun) > COUNT
    run = kept.merged(plan.jobs()[0].run, plan.jobs(), {})
    assert run is not None and lines_of(run) == lines_of(stored_shards / "whole")
    assert any("killed" in said.values() for said in shown)


@pytest.mark.slow
def test_shards_of_a_kind_that_is_gone_are_given_up(plan, tmp_path, stored_shards, monkeypatch):
    monkeypatch.setattr(loop, "LOOK_S", 0.0)
    engine, clock = Lossy(stored_shards), iter(range(0, 100000, 50))
    engine.alive = []
    schedule = drive(plan, engine, KeptShards(tmp_path / "out"), lambda *_: None, lambda: next(clock))
    assert set(schedule.gaps(plan.jobs()[0].run).values()) == {"no machine of kind here is left"}


def test_what_is_not_the_shard_is_not_kept(plan, tmp_path, stored_shards):
    kept, (first, second, _) = KeptShards(tmp_path / "out"), plan.jobs()

    def files(number, **facts):
        folder = stored_shards / f"shard{number}"
        found = {f"run/{path.name}": path.read_bytes() for path in folder.iterdir()}
        return {**found, "run/run.json": json.dumps({**read_run(folder), **facts}).encode()}

    for wrong, why in (
        (files(2), "shard 2/3, not 1/3"),
        (files(1, state="partial"), "not complete"),
        ({}, "what is no run"),
        ({"run/../../x": b""}, "a file called"),
        (files(1, machine={**read_run(stored_shards / "shard1")["machine"], "torch_version": "2.6.0"}), "torch 2.6.0"),
    ):
        with pytest.raises(NotTheShard, match=why):
            kept.keep(first, wrong)
        assert kept.done(plan.jobs()) == []
    kept.keep(first, files(1))
    machine = {**read_run(stored_shards / "shard2")["machine"], "cpu_model": "another"}
    kind, kind_of = kept.kind(second)
    assert kind["cpu_model"] == read_run(kept.folder(first))["machine"]["cpu_model"]
    assert kind_of == str(kept.folder(first))
    with pytest.raises(
        UnlikeMachine, match=f"another kind of machine.*if {kept.folder(first)} is the odd one, remove it"
    ):
        kept.keep(second, files(2, machine=machine))
    kept.keep(second, files(2))
    kept.keep(second, files(2, machine=machine))  # late, and not looked at
    assert read_run(kept.folder(second))["machine"]["cpu_model"] != "another"


@pytest.mark.slow
def test_an_interrupt_ends_all_processes_and_the_same_command_goes_on(plan, tmp_path, suite):
    suite.does("waits")
    engine, kept = ThisMachine(plan.kinds, "m", 0), KeptShards(tmp_path / "out")

    def interrupted(schedule, said):
        if suite.begun:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive(plan, engine, kept, interrupted)
    engine.close()
    assert engine._threads and not [thread for thread in engine._threads if thread.is_alive()]
    assert drive(plan, ThisMachine(plan.kinds, "m", 0), kept, lambda *_: None).finished


def test_this_machine_is_of_one_kind():
    for devices in (("cpu", "cpu"), ("cpu", "cuda")):
        with pytest.raises(EngineError, match="kinds a and b: this machine measures one at a time"):
            ThisMachine(dict(zip("ab", devices, strict=True)), "m", 4)
    with pytest.raises(EngineError, match="sees no GPU"):
        ThisMachine({"a": "cuda"}, "m", 0)
    assert [(n.name, n.slots) for n in ThisMachine({"b": "cuda"}, "m", 4).nodes()] == [("m", 4)]
    assert [(n.name, n.slots) for n in ThisMachine({"a": "cpu"}, "m", 4).nodes()] == [("m", 1)]


def test_what_nobody_foresaw_ends_a_try(plan, tmp_path, monkeypatch):
    """Else the command would wait for its report for ever."""

    def broken(task, is_stopped):
        yield Report("its environment")
        raise KeyError("passes")

    monkeypatch.setattr(this_machine, "measure_shard", broken)
    kept = KeptShards(tmp_path / "out")
    schedule = drive(plan, ThisMachine(plan.kinds, "m", 0), kept, lambda *_: None)
    assert set(schedule.gaps(plan.jobs()[0].run).values()) == {"KeyError: 'passes' (on m)"}


def test_the_table_says_what_runs_where_and_how_far(plan, capsys):
    schedule = Schedule(plan.jobs())
    (first,) = schedule.starts([Node("m", "here")])
    lines = table_lines(schedule, {first: "2 of 3 passes"}, {first: 75.0})
    assert lines[1].split() == ["here", "2.13.0", "1/3", "m", "1:15", "2", "of", "3", "passes"]
    assert lines[-1] == "3 shards: 1 running, 2 waiting"
    import sys

    table = LiveTable(sys.stdout)
    for _ in range(2):
        table.show(schedule, {})
    schedule.end(first, LOST, "worker killed")
    table.show(schedule, {})
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "here torch 2.13.0 shard 1/3: runs on m",
        "here torch 2.13.0 shard 1/3: waits: worker killed (on m)",
    ]


def test_two_fleets_do_not_store_in_one_folder(plan_file, tmp_path, capsys):
    from benchmarks.running.locked_file import locked_folder

    (tmp_path / "out").mkdir()
    with locked_folder(tmp_path / "out"):
        assert fleet(plan_file, tmp_path) == 2
    assert "another fleet stores its shards here" in capsys.readouterr().err


def test_without_ray_an_address_is_refused_in_one_line(plan_file, tmp_path, capsys, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    assert fleet(plan_file, tmp_path, "--address", "auto") == 2
    said = capsys.readouterr().err
    assert "needs Ray" in said and said.count("\n") == 1


def test_a_plan_on_paper_takes_less_time_on_more_machines(plan_file, tmp_path, capsys):
    hours = []
    for machines in ("here=1", "here=3"):
        assert fleet(plan_file, tmp_path, "--on-paper", machines) == 0
        told = capsys.readouterr().out
        hours.append(float(re.findall(r": ([\d.]+) h$", told)[-1]))
    assert hours[0] > hours[1] > hours[0] / 3.5 and "shards: 3" in told
    assert fleet(plan_file, tmp_path, "--on-paper", "3") == 0
    assert f": {hours[1]:.4g} h" in capsys.readouterr().out
    assert fleet(plan_file, tmp_path, "--on-paper", "there=1") == 2
    assert fleet(plan_file, tmp_path, "--on-paper", "here") == 2
    assert not (tmp_path / "out").exists()
