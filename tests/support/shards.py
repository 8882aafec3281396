"""Shards of a kept run, stored as if each had been measured alone."""

from dataclasses import replace

from benchmarks.planning.shards import CaseTime, Shard, cases_of_shard
from benchmarks.record.folder import append_pair, read_journal, read_run, write_run
from benchmarks.running.merged_facts import merged_pass_numbers
from benchmarks.running.run import plan_passes
from tests.support.kept_runs import KEPT_OPS

COUNT = 3
TIME = CaseTime(passes=9, seconds=0.016, scenario_seconds=0.06, scenario_passes=9, gpu_seconds=0.016)


def of_some_pairs(folder, names):
    """Store the part of a kept run with these pairs, as if they had been measured alone; return its folder."""
    facts, pairs = read_run(KEPT_OPS), [pair for pair in read_journal(KEPT_OPS) if pair[0].case.pair in names]
    folder.mkdir()
    write_run(folder, facts)
    for pair in pairs:
        append_pair(folder, *pair)
    return folder


def shard_of(run, folder, number, host="vm"):
    """Store what a shard of a stored run would have: its cases, under its own pass numbers; return its folder."""

    facts, pairs = read_run(run), list(read_journal(run))
    cases = list(dict.fromkeys(out.case for out, _ in pairs))
    mine = set(cases_of_shard(cases, Shard(number, COUNT), TIME))
    planned = [
        {"pass_number": p.pass_number, "kind": p.kind, "allocator": p.allocator, "state": "done"}
        for p in plan_passes(sorted(mine, key=cases.index), facts["budget"]["passes"])
    ]
    facts = {**facts, "passes": planned}
    to_own = {theirs: own for own, theirs in merged_pass_numbers(facts, read_run(run)).items()}
    kept = [(out, into) for out, into in pairs if out.case in mine]
    for row in planned:
        row["cases"] = sum(to_own[out.pass_number] == row["pass_number"] for out, _ in kept)
    options = {**facts["options"], "shard": f"{number}/{COUNT}", "host": host}
    folder.mkdir()
    write_run(folder, {**facts, "options": options, "machine": {**facts["machine"], "host": host}})
    for pair in kept:
        append_pair(folder, *(replace(one, pass_number=to_own[one.pass_number]) for one in pair))
    return folder
