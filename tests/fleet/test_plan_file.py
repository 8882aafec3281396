"""Every mistake in a plan is one line; a plan means its shards, and another plan other ones."""

import pytest

from benchmarks.cli import main
from benchmarks.fleet.plan_file import KEYS, PlanError, read_plan

GOOD = {
    "versions": '["2.6.0", "2.13.0"]',
    "shards": "3",
    "kinds": '{ epyc = { device = "cpu" }, h200 = { device = "cuda" } }',
    "options": '{ preset = "smoke", pair = "relu,add,exp,mul" }',
}


def written(path, **changes):
    lines = {**GOOD, **changes}
    path.write_text("".join(f"{name} = {value}\n" for name, value in lines.items() if value))
    return path


def test_a_plan_is_every_version_on_every_kind_in_shards(tmp_path):
    plan = read_plan(written(tmp_path / "plan.toml"))
    jobs = plan.jobs()
    assert len(jobs) == len(set(jobs)) == 2 * 2 * 3
    assert [(job.version, job.shard) for job in jobs[:3]] == [("2.6.0", "1/3"), ("2.13.0", "1/3"), ("2.6.0", "2/3")]
    assert {(job.kind, job.device) for job in jobs} == {("epyc", "cpu"), ("h200", "cuda")}
    assert len({job.run for job in jobs}) == 4
    other = read_plan(written(tmp_path / "other.toml", options='{ preset = "smoke", pair = "relu,add,exp,neg" }'))
    assert not {job.run for job in jobs} & {job.run for job in other.jobs()}


BAD = [
    ({"colour": "1"}, "unknown key 'colour'; known are versions"),
    ({"versions": ""}, "'versions' is missing: a list of versions"),
    ({"versions": '"2.6.0"'}, "'versions' must be a list"),
    ({"versions": '["2.5.0"]'}, "2.5.0: this suite needs torch 2.6 or later"),
    ({"versions": '["newest"]'}, "newest: not a version of torch"),
    ({"versions": "[]"}, "'versions' must be"),
    ({"shards": "0"}, "'shards' must be a count"),
    ({"shards": "true"}, "'shards' must be a count"),
    ({"shards": "5"}, "make that many shards at most"),
    ({"kinds": "{}"}, "'kinds' must be tables"),
    ({"kinds": '{ a = { device = "tpu" } }'}, "'kinds' must be tables"),
    ({"kinds": '{ a = { device = "cpu", cores = 2 } }'}, "'kinds' must be tables"),
    ({"kinds": '{ "a b" = { device = "cpu" } }'}, "a label has letters"),
    ({"options": '{ device = "cpu" }'}, "option 'device': the fleet sets it"),
    ({"options": '{ pairs = "mine.py" }'}, "option 'pairs': a fleet measures the catalogue"),
    ({"options": '{ colour = "red" }'}, "unknown option 'colour'"),
    ({"options": "{ passes = 3 }"}, "option 'passes': its value must be a text"),
    ({"options": '{ preset = "no" }'}, "--preset no: unknown"),
    ({"options": '{ pair = "no_such" }'}, "no_such"),
    ({"options": '{ threads = "banana" }'}, "--threads banana: not a count above zero"),
    ({"options": '{ threads = "1,9999" }'}, "--threads 9999: "),
    ({"options": '{ exclusive = "maybe" }'}, "--exclusive maybe: it has no value"),
    ({"work": "1"}, "'work' must be a folder"),
    ({"shards": "= ="}, "not TOML"),
]


@pytest.mark.parametrize("changes, reason", BAD, ids=[str(number) for number in range(len(BAD))])
def test_a_mistake_is_one_line(tmp_path, capsys, changes, reason):
    path = written(tmp_path / "plan.toml", **changes)
    assert main(["fleet", str(path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and reason in said and not (tmp_path / "out").exists()


def test_threads_are_held_against_the_machines_that_measure(tmp_path, capsys):
    """What this machine cannot run at once, another may: but none runs 9,999."""
    one = {"kinds": '{ epyc = { device = "cpu" } }'}
    some = written(
        tmp_path / "some.toml", **one, options='{ preset = "smoke", pair = "relu,add,exp", threads = "999" }'
    )
    many = written(
        tmp_path / "many.toml", **one, options='{ preset = "smoke", pair = "relu,add,exp", threads = "9999" }'
    )
    assert main(["fleet", str(some), "--on-paper", "1"]) == 0
    assert main(["fleet", str(many), "--on-paper", "1"]) == 2
    assert main(["fleet", str(some), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and "9999: 1024 at most" in said[0] and "--threads 999: " in said[1]
    set_so = written(tmp_path / "set.toml", options='{ preset = "smoke", pair = "relu,add,exp", exclusive = "yes" }')
    assert read_plan(set_so).options["exclusive"] == "yes"


def test_a_file_that_is_missing_is_one_line(tmp_path, capsys):
    assert main(["fleet", str(tmp_path / "none.toml")]) == 2
    assert "none.toml: No such file" in capsys.readouterr().err
    with pytest.raises(PlanError, match="not TOML"):
        read_plan(written(tmp_path / "binary.toml", shards="\x00"))
    assert set(GOOD) < set(KEYS)
