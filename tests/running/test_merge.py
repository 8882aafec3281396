"""Shards make the run that was not sharded, in any order; what does not belong together is refused in one line."""

import json
import random
import re
import shutil

import pytest

from analysis.pack import _cases_csv
from benchmarks.cli import main
from benchmarks.planning.shards import Shard, cases_of_shard
from benchmarks.record.folder import append_pair, read_journal, read_run, write_run
from benchmarks.running.merge import merge
from benchmarks.running.run import Run, RunError
from tests.support.forked import run_with_forks
from tests.support.kept_runs import KEPT_OPS
from tests.support.shards import COUNT, TIME, of_some_pairs, shard_of


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Ops of every heap: small, large, fresh."""
    names = {"relu", "add", "exp", "dropout"}
    return of_some_pairs(tmp_path_factory.mktemp("whole") / "run", names)


@pytest.fixture(scope="module")
def shards(whole, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    return [shard_of(whole, folder / f"shard{number}", number) for number in range(1, COUNT + 1)]


@pytest.fixture
def copies(shards, tmp_path):
    return [shutil.copytree(shard, tmp_path / shard.name) for shard in shards]


def lines_of(run):
    return sorted((out.line(), into.line()) for out, into in read_journal(run))


def changed(folder, **facts):
    write_run(folder, {**read_run(folder), **facts})
    return folder


@pytest.mark.slow
def test_shards_make_the_run_that_was_not_sharded(whole, shards, tmp_path):
    for turn in range(3):
        given = random.Random(turn).sample(shards, COUNT)
        made = merge(given, tmp_path / f"merged{turn}")
        assert _cases_csv(made).replace(made.name, whole.name) == _cases_csv(whole)
        assert lines_of(made) == lines_of(whole)
    facts = [json.loads((tmp_path / f"merged{turn}" / "run.json").read_text()) for turn in range(3)]
    assert facts[0] == facts[1] == facts[2]


def test_a_merged_run_is_complete_and_says_which_machine_measured_what(whole, tmp_path):
    hosts = ("b", "a", "b")
    made = merge([shard_of(whole, tmp_path / f"s{n}", n, host) for n, host in enumerate(hosts, 1)])
    run = Run.open(made)
    assert run.facts["machine"]["host"] == "a+b" and made.parent == tmp_path
    assert [row["host"] for row in run.facts["shards"]] == list(hosts)
    names = [name for row in run.facts["shards"] for name in row["pairs"]]
    assert sorted(names) == sorted({out.case.pair for out, _ in read_journal(whole)})
    assert run.lacking() == {} and "shard" not in run.facts["options"] and "--shard" not in run.facts["command"]


@pytest.mark.slow
def test_shards_take_about_equally_long():
    """By the wall time that the cases of a kept run really took: none of five has a tenth more than its part."""
    took = {}
    for out, _ in read_journal(KEPT_OPS):
        took[out.case] = took.get(out.case, 0.0) + (out.wall_s or 0.0)
    parts = [cases_of_shard(list(took), Shard(number, 5), TIME) for number in range(1, 6)]
    assert sorted(case.pair for part in parts for case in part) == sorted(case.pair for case in took)
    loads = [sum(took[case] for case in part) for part in parts]
    assert max(loads) < 1.1 * sum(loads) / 5
    owners = [{case.pair for case in part} for part in parts]
    assert sum(map(len, owners)) == len(set().union(*owners))


BAD = [
    (lambda s: s[:2], "shards are missing: 3/3"),
    (lambda s: [*s, s[1]], None),  # the same folder twice is the same shard once
    (lambda s: [*s[:2], shutil.copytree(s[1], s[1].with_name("again"))], "shard 2/3 is there twice"),
    (lambda s: [*s[:2], changed(s[2], method=3)], "its 'method' differs"),
    (lambda s: [*s[:2], changed(s[2], suite_sha256="0" * 64)], "its 'suite_sha256' differs"),
    (lambda s: [*s[:2], changed(s[2], state="partial")], "shard 3/3 is partial"),
    (lambda s: [*s[:2], option(s[2], preset="full")], "its option 'preset' differs"),
    (lambda s: [*s[:2], option(s[2], shard="3/4")], "is shard 3/4, but"),
    (lambda s: [*s[:2], option(s[2], shard="4/3")], "its shard '4/3' is not a shard"),
    (lambda s: [*s[:2], option(s[2], shard="")], "is no shard of a run"),
    (lambda s: [*s[:2], machine(s[2], torch_version="2.6.0+cpu")], "another kind of machine .* torch_version"),
    (lambda s: [*s[:2], machine(s[2], gpus=[{"name": "H200"}])], "another kind of machine .* GPUs"),
    (lambda s: [*s[:2], s[2].with_name("nothing")], "not a run"),
]


def option(folder, **options):
    return changed(folder, options={**read_run(folder)["options"], **options})


def machine(folder, **facts):
    return changed(folder, machine={**read_run(folder)["machine"], **facts})


@pytest.mark.parametrize("given, reason", BAD, ids=[str(number) for number in range(len(BAD))])
def test_what_does_not_belong_together_is_refused(copies, tmp_path, capsys, given, reason):
    arguments = [str(folder) for folder in given(copies)]
    status = main(["merge", *arguments, "--to", str(tmp_path / "out")])
    said = capsys.readouterr().err
    assert (status, said.count("\n")) == ((2, 1) if reason else (0, 0)), said
    assert reason is None or re.search(reason, said), said
    assert (tmp_path / "out").exists() == (reason is None)


def test_cases_of_one_pair_in_two_shards_are_refused(copies):
    pair = next(iter(read_journal(copies[0])))
    append_pair(copies[1], *pair)
    with pytest.raises(RunError, match="as does"):
        merge(copies)


def test_nothing_is_written_over(copies, tmp_path):
    merge(copies, tmp_path / "out")
    with pytest.raises(RunError, match="is there already"):
        merge(copies, tmp_path / "out")


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/0", "a/b", "1/3/5", "1/9999"])
def test_what_is_no_shard_is_refused(text, capsys):
    assert main(["run", "--shard", text]) == 2
    assert capsys.readouterr().err.startswith(f"error: --shard {text}: not a shard")


def test_more_shards_than_pairs_are_refused(capsys):
    assert main(["run", "--pair", "relu,exp", "--shard", "3/3"]) == 2
    assert "make that many shards at most" in capsys.readouterr().err


@pytest.mark.slow
def test_measured_shards_are_merged(tmp_path):
    """End to end: two shards measured by the command, one after the other, and the merged run read by the report."""
    options = ["--pair", "relu,exp", "--numel", "1Ki", "--passes", "1", "--seconds", "0.001", "--no-report"]
    for number in (1, 2):
        part = ["--device", "cpu", "--shard", f"{number}/2", "--out", str(tmp_path / "runs")]
        done = run_with_forks("run", *options, *part, scratch=tmp_path)
        assert done.returncode == 0, done.stderr
    runs = sorted((tmp_path / "runs").iterdir())
    assert [run.name.rpartition("-")[2] for run in runs] == ["shard1of2", "shard2of2"]
    made = Run.open(merge(runs))
    assert {case.pair for case, *_ in made.stored} == {"relu", "exp"} and made.lacking() == {}
