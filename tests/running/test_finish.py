"""Which stored run may be finished: whatever its run.json holds, it is measured as its options say, or refused."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from benchmarks.cli import main
from benchmarks.planning.plan import make_plan
from benchmarks.record import INPLACE, METHOD_VERSION, OUTOFPLACE, Measurement
from benchmarks.record.folder import JOURNAL_FILE, RUN_FILE, read_run
from benchmarks.running import start
from benchmarks.running.facts import facts_of
from benchmarks.running.finish import SAME, check_can_be_finished, check_same_machine
from benchmarks.running.run import Pass, Run, RunError, plan_passes
from benchmarks.running.supervise import flags_of
from benchmarks.running.unsupervised import only_pass
from tests.analysis.damage import damaged_facts
from tests.running.cases import CASE

MEMORY = Pass(0, "memory", "fresh")
OPTIONS = {"preset": "smoke", "device": "cpu", "pair": "relu", "threads": "1", "numel": "64", "select": "inference"}
HERE = {
    **dict.fromkeys(("host", "system", "cpu_model", "governor", "torch_build", "torch_cuda", "cuda_settings"), None),
    **{"system": "Linux", "cores_physical": 2, "cores_logical": 2, "caches": {}, "memory_bytes": 2**33, "threads": 1},
    **{"malloc": {"libc": None, "environment": {}, "preload": []}, "transparent_huge_pages": None, "gpus": []},
    **{"torch_version": "2", "python_version": "3", "git_commit": None, "host": "here"},
}


@pytest.fixture(scope="module")
def partial(tmp_path_factory):
    """A run that was stopped before its first case, on a machine that is this one for each test."""
    plan = make_plan(OPTIONS, OPTIONS["select"])
    passes = plan_passes(plan.cases, plan.settings.passes)
    with pytest.MonkeyPatch.context() as patch:
        scratch = tmp_path_factory.mktemp("runs")
        patch.setattr(start, "machine_facts", lambda host: HERE)
        yield Run.create(scratch / "run", facts_of(plan, OPTIONS, passes, HERE, "a command"))


@pytest.fixture
def started(monkeypatch):
    """The passes that are started, with the flags of their processes; each is interrupted at once."""
    started = []

    def run_pass(run, current, flags, case_limit_s, progress):
        started.append((current, flags, case_limit_s))
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "run_pass", run_pass)
    return started


def finish(run, capsys, **changes):
    """Status and line of an attempt to finish a run with some facts changed."""
    facts = {"record": 3, "method": METHOD_VERSION, **run.facts, **changes}
    (run.folder / RUN_FILE).write_text(json.dumps(facts))
    status = main(["run", "--resume", str(run.folder)])
    return status, capsys.readouterr().err


def test_as_it_was_stored_it_goes_on_where_it_stopped(partial, started, capsys):
    assert finish(partial, capsys)[0] == 130
    assert started == [(MEMORY, flags_of(OPTIONS), 120)]
    assert started[0][1][-1] == "-k=inference"


def odd_passes():
    rows = [
        {**asdict(each), "state": "planned"} for each in (MEMORY, *(Pass(n, "time", "retained") for n in range(1, 7)))
    ]
    return {
        "none": [],
        "one number twice": [*rows[:-1], rows[0]],
        "another order": rows[::-1],
        "more": [*rows, {**rows[-1], "pass_number": 2**59}],
        "fewer": rows[:-1],
        "another kind": [{**rows[0], "kind": "time"}, *rows[1:]],
        "another heap": [*rows[:-1], {**rows[-1], "allocator": "large"}],
    }


@pytest.mark.parametrize("name", odd_passes())
def test_other_passes_than_its_options_plan_are_refused(partial, started, capsys, name):
    status, said = finish(partial, capsys, passes=odd_passes()[name])
    assert (status, started) == (2, [])
    assert said == f"error: {partial.folder}: its 'passes' are not those of its options; start a new run\n"


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"options": {**OPTIONS, "junit_xml": "FILE"}}, "has an unknown option 'junit_xml'"),
        ({"options": {**OPTIONS, "run_dir": "FILE"}}, "has an unknown option 'run_dir'"),
        ({"options": {**OPTIONS, "label": "a\nb"}}, "--label a"),
        ({"options": {**OPTIONS, "seconds": "1e9"}}, "--seconds 1e9"),
        ({"budget": {"passes": 6, "seconds": 1e17, "precision": 0.1, "gpu_seconds": 1}}, "its 'budget' are not those"),
        ({"method": 1}, "was started with method 1"),
        ({"pairs_sha256": "0"}, "None: has changed"),
        ({"options": {**OPTIONS, "pairs": "FILE"}}, "FILE: No such file"),
    ],
)
def test_what_this_suite_does_not_write_is_refused(partial, started, capsys, tmp_path, changes, reason):
    file = str(tmp_path / "file")
    changes = json.loads(json.dumps(changes).replace("FILE", file))
    status, said = finish(partial, capsys, **changes)
    assert (status, started, list(tmp_path.iterdir())) == (2, [], [])
    assert reason.replace("FILE", file) in said and said.count("\n") == 1


def test_a_file_of_pairs_is_not_run_before_it_is_known(partial, started, capsys, tmp_path):
    (tmp_path / "pairs.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    options = {**OPTIONS, "pairs": str(tmp_path / "pairs.py")}
    status, said = finish(partial, capsys, options=options, pairs_sha256="of another")
    assert status == 2 and "pairs.py: has changed since" in said and not (tmp_path / "ran").exists()


@pytest.mark.parametrize("select", ["--junit-xml=FILE", "-p no:terminal", "-"])
def test_an_expression_is_one_however_it_begins(tmp_path, select):
    """pytest takes it for no option of its own."""
    word = flags_of({"select": select.replace("FILE", str(tmp_path / "file"))})
    config = pytest.Config.fromdictargs({}, word)
    assert config.option.keyword == select.replace("FILE", str(tmp_path / "file"))
    assert config.option.xmlpath is None


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_facts_start_what_their_options_say_or_are_one_line(partial, started, capsys, data):
    started.clear()
    facts = {"record": 3, "method": METHOD_VERSION, **partial.facts}
    (partial.folder / RUN_FILE).write_text(json.dumps(data.draw(damaged_facts(facts))))
    status = main(["run", "--resume", str(partial.folder)])
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    event(said[:12])
    if started:
        options = read_run(partial.folder)["options"]
        plan = make_plan(options)
        assert status == 130 and started[0][0] in plan_passes(plan.cases, plan.settings.passes)
        assert started[0][1] == flags_of(options)
    else:
        assert status == 2 and said.startswith("error: ")


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"state": "complete"}, "is complete already"),
        ({"options": None}, "lacks 'options'"),
        ({"options": {"preset": 3}}, "lacks 'options'"),
        ({"passes": "many"}, "lacks 'passes'"),
        ({"passes": [3]}, "lacks 'passes'"),
        ({"passes": [{"state": "done"}]}, "lacks 'passes'"),
        ({"ceilings": None}, "lacks 'ceilings'"),
        ({"budget": 3}, "lacks 'budget'"),
        ({"budget": {"passes": 1, "seconds": "long", "precision": 0.1}}, "lacks 'budget'"),
        ({"passes": [{**asdict(only_pass("time")), "state": "planned"}]}, "was measured by pytest"),
    ],
)
def test_a_run_that_cannot_be_finished_says_why(partial, started, capsys, changes, reason):
    status, said = finish(partial, capsys, **changes)
    assert (status, started) == (2, [])
    assert said.startswith(f"error: {partial.folder}: ") and reason in said


def test_a_partial_run_may_be_finished_on_its_own_machine_only(partial):
    check_same_machine(partial, {**HERE, "memory_bytes": 1})
    for name in SAME:
        with pytest.raises(RunError, match=f"was started with {name} .*, this is 'other'"):
            check_same_machine(partial, {**HERE, name: "other"})


def test_a_complete_run_whose_journal_was_cut_may_be_finished(partial, tmp_path):
    run = Run(tmp_path, {**partial.facts, "method": METHOD_VERSION})
    rows = [{**asdict(each), "state": "done", "cases": 1} for each in (MEMORY, Pass(1, "time", "retained"))]
    run.save(state="complete", passes=rows)
    for row in rows:
        made = Measurement(CASE, OUTOFPLACE, row["kind"], row["pass_number"])
        run.append(made, replace(made, variant=INPLACE))
    with pytest.raises(RunError, match="is complete already"):
        check_can_be_finished(run)
    (run.folder / JOURNAL_FILE).write_text("")
    run.reread()
    check_can_be_finished(run)
