"""What is kept of each kind of part, where, and what it says of itself."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.autograd.claims import CLAIMS
from benchmarks.autograd.claims.claim import Setting, decide
from benchmarks.autograd.hazards import HAZARDS
from benchmarks.autograd.hazards.hazard import examine_hazard
from benchmarks.planning.presets import PRESETS
from benchmarks.record import RECORD_VERSION, STATISTICS_VERSION
from benchmarks.record.folder import read_run, write_run
from benchmarks.reference import part_states, reference_steps
from benchmarks.reference.part_states import FRESH, states_of
from benchmarks.reference.reference_declared import (
    SELFTEST_VERSIONS,
    NothingDeclared,
    advised_files,
    asked_text,
    wanted_of,
)
from benchmarks.reference.reference_kept import kept_of, newest_kept_run
from benchmarks.reference.reference_parts import (
    ADVICE,
    FINDINGS,
    JUDGED,
    REFERENCE,
    RUN_RECORDS,
    VERSIONS,
    Item,
    Part,
    items_of,
)
from benchmarks.reference.reference_steps import Measuring, StepFailed, keep_run, measure_part
from benchmarks.reference.staleness import KeptResult, Wanted, stale_reasons
from tests.reference.reference_stand_in import OPTIONS, PART_NAMED, SMALL
from tests.support.commands import ROOT
from tests.support.forked import run_with_forks


def test_findings_that_were_not_packed_are_kept_by_the_next_command_and_not_measured_again(suite, monkeypatch):
    monkeypatch.setattr(reference_steps, "interpreter_of", lambda version: Path("python"))
    item, where = Item(Part("claims", "beliefs", FINDINGS), "2.6.0"), Measuring(Path("out"), "vm", print)
    suite.failing = "analysis pack"
    with pytest.raises(StepFailed):
        measure_part(item.part, [item], where)
    assert not list(REFERENCE.glob("autograd/*"))
    suite.failing = ""
    measure_part(item.part, [item], where)
    assert suite.typed == ["benchmarks claims --out", *["analysis pack out/findings/claims-2.6.0"] * 2]
    assert [path.name for path in REFERENCE.glob("autograd/*")] == ["20260101T000000Z-claims-torch2.6.0-cpu.json"]
    facts = json.loads((REFERENCE / "parts.json").read_text())
    assert facts["claims 2.6.0"]["took_s"] >= 0 and not json.loads(Path("out/spent.json").read_text())
    measure_part(item.part, [item], where)
    assert suite.typed[-2] == "benchmarks claims --out", "asked again, it measures again"


@pytest.mark.parametrize("change", ["the suite changed", "--again"])
def test_leftover_findings_do_not_pass_for_new_ones(suite, monkeypatch, change):
    monkeypatch.setattr(reference_steps, "interpreter_of", lambda version: Path("python"))
    item, where = Item(Part("claims", "beliefs", FINDINGS), "2.6.0"), Measuring(Path("out"), "vm", print)
    suite.failing = "analysis pack"
    with pytest.raises(StepFailed):
        measure_part(item.part, [item], where)
    old = Path("out/findings/claims-2.6.0/20250101T000000Z-claims-torch2.6.0-cpu.json")
    old.write_text("old")
    if change != "--again":
        monkeypatch.setattr(reference_steps, "suite_hash", lambda without: "another")
    suite.failing = ""
    measure_part(item.part, [item], replace(where, again=change == "--again"))
    assert suite.typed.count("benchmarks claims --out") == 2
    assert [path.name for path in REFERENCE.glob("autograd/*")] == ["20260101T000000Z-claims-torch2.6.0-cpu.json"]


def test_runs_on_several_versions_have_a_folder_of_their_own_and_are_stale_together(suite, monkeypatch):
    runs = [f"results/reference/versions/20260101T000000Z-vm-torch{version}" for version in VERSIONS[:2]]
    for run, version in zip(runs, VERSIONS, strict=False):
        Path(run).mkdir(parents=True)
        facts = {"state": "complete", "options": {**PART_NAMED["versions"].options, "host": "vm"}}
        write_run(Path(run), {**facts, "machine": {"torch_version": f"{version}+cpu"}, "start": "2026-01-01"})
    items = items_of([PART_NAMED["versions"]])
    assert [kept_of(item) is not None for item in items] == [True, True, False]
    monkeypatch.setattr(part_states, "stale_reasons", lambda kept, wanted: () if kept else ("nothing is kept",))
    together = (f"measured in turns with {VERSIONS[2]}",)
    assert [state.reasons for state in states_of(items)] == [together, together, ("nothing is kept",)]


def test_the_advisor_is_asked_in_a_folder_of_its_own(suite, monkeypatch, tmp_path):
    """And the newest answer on a step counts, with the digest of the file that it read."""
    asked = []
    monkeypatch.setattr(reference_steps, "advised_files", lambda part: {"train.py": "the program"})
    monkeypatch.setattr(
        reference_steps,
        "run_command",
        lambda command, folder: asked.append((command[2:], (folder / "train.py").read_text())),
    )
    part = Part("advised", "an answer", ADVICE, {}, ("train.py:make",))
    measure_part(part, [Item(part)], Measuring(tmp_path / "out", "vm", print))
    out = str(tmp_path / REFERENCE / "advised")
    assert asked == [(["train.py:make", "--out", out, "--host", "vm"], "the program")]
    for day, digest in (("01", "old"), ("02", "new")):
        folder = Path(out) / day
        folder.mkdir(parents=True)
        advice = {"steps": [{"step": "train.py:make"}], "sources_sha256": {"train.py": digest}, "answered_s": 9.0}
        write_run(folder, {"machine": {}, "state": "complete", "start": f"2026-01-{day}", "advice": advice})
    kept = kept_of(Item(part))
    assert (kept.made, kept.took_s, kept.declared) == ("2026-01-02", 9.0, {"train.py": "new"})


@pytest.mark.parametrize("name", ["advised-gan", "advised-resnet"])
def test_a_kept_answer_on_a_model_is_stale_with_its_files_alone(name):
    """Not with the file that models share, if the answer says nothing of it."""
    item = Item(PART_NAMED[name])
    kept, wanted = kept_of(item, ROOT), wanted_of(item.part)
    asked = item.part.arguments[0].partition(":")[0]
    assert (
        kept.took_s > 0 and asked in kept.declared.keys() <= wanted.declared.keys() and wanted.may_lack == {"steps.py"}
    )
    same = replace(wanted, declared={**wanted.declared, **kept.declared})
    assert stale_reasons(kept, same) == ()
    changed = replace(same, declared={**same.declared, asked: "another"})
    assert stale_reasons(kept, changed) == (f"1 changed: {asked}",)


def test_a_model_is_asked_about_with_the_file_that_it_shares():
    files = advised_files(PART_NAMED["advised-resnet"])
    assert set(files) == {"resnet.py", "steps.py"} and "\nfrom steps import " in files["resnet.py"]
    with pytest.raises(NothingDeclared, match=r"nets\.py: No such file"):
        advised_files(replace(PART_NAMED["advised-gan"], arguments=("nets.py:make",)))


def test_a_kept_run_stays_as_it_is(suite):
    suite.run(["--out", "results/runs/reference"])
    (run,) = Path("results/runs/reference").iterdir()
    kept = keep_run(run, REFERENCE, print)
    (kept / "run.json").write_text("kept")
    assert keep_run(run, REFERENCE, print) == kept and (kept / "run.json").read_text() == "kept"


@pytest.mark.slow
def test_a_run_measured_now_is_fresh(tmp_path):
    """What a run stores of its cases is, to the letter, what the suite declares of them."""
    words = [word for name, value in OPTIONS.items() for word in (f"--{name}", value)]
    done = run_with_forks("run", *words, "--out", str(tmp_path / REFERENCE), "--no-report", scratch=tmp_path)
    assert done.returncode == 0, done.stderr
    item = Item(SMALL)
    (state,) = states_of([item], tmp_path)
    assert (state.word, state.reasons) == (FRESH, ())
    assert (
        state.kept.took_s > 0 and state.kept.made == read_run(newest_kept_run(item, tmp_path / REFERENCE)[0])["start"]
    )
    wanted = wanted_of(SMALL)
    assert list(wanted.declared) == ["relu"]
    other = {"relu": wanted.declared["relu"].replace("contiguous", "transposed")}
    assert stale_reasons(state.kept, Wanted(wanted.versions, other)) == ("1 changed: relu",)


def test_a_new_record_decides_which_runs_stay_fresh(suite):
    """Whoever adds a record says in RUN_RECORDS whether runs of an older one hold the same fields."""
    assert max(RUN_RECORDS) == RECORD_VERSION
    suite.run(["--out", str(REFERENCE)])
    assert kept_of(Item(SMALL)).versions["record"] == RECORD_VERSION
    (path,) = REFERENCE.glob("*/run.json")
    for record, said in ((RUN_RECORDS[0], RECORD_VERSION), (RUN_RECORDS[0] - 1, RUN_RECORDS[0] - 1)):
        path.write_text(json.dumps({**json.loads(path.read_text()), "record": record}))
        assert kept_of(Item(SMALL)).versions["record"] == said


def test_a_row_made_now_says_what_is_declared():
    hazard, claim = HAZARDS[0], CLAIMS[0]
    made = {"hazards": examine_hazard(hazard, "cpu"), "claims": decide(claim, Setting("cpu"))}
    for name, row in made.items():
        assert wanted_of(PART_NAMED[name]).declared[row.name] == asked_text(row)


def test_a_stored_matrix_says_what_is_declared():
    part = PART_NAMED["safety"]
    kept, wanted = kept_of(Item(part, "2.13.0"), ROOT), wanted_of(part)
    assert kept.declared["relu"] == wanted.declared["relu"] != wanted.declared["exp"]


def test_a_self_test_is_stale_where_quick_gives_a_case_another_time(monkeypatch):
    item = Item(PART_NAMED["selftest"])
    (text,) = wanted_of(item.part).declared.values()
    assert json.loads(text)["passes"] == PRESETS["quick"].passes
    monkeypatch.setitem(PRESETS, "quick", replace(PRESETS["quick"], seconds=1.0))
    kept = KeptResult("", None, SELFTEST_VERSIONS, {"quick": text})
    assert stale_reasons(kept, wanted_of(item.part)) == ("1 changed: quick",)
    assert not wanted_of(PART_NAMED["gate"]).declared, "its pool has a time of its own"


@pytest.mark.parametrize("name", ["selftest", "gate"])
def test_a_self_test_is_stale_where_runs_are_compared_by_other_statistics(name):
    wanted = wanted_of(PART_NAMED[name])
    kept = KeptResult("", None, {**wanted.versions, "statistics": 1}, wanted.declared)
    assert stale_reasons(kept, wanted) == (f"statistics 1, now {STATISTICS_VERSION}",)


def test_how_often_the_advisor_is_right_is_kept_once_it_made_no_mistake(suite, monkeypatch, tmp_path):
    asked, statuses = [], [1, 0, 0, 0]
    part = Part("judge-some", "of some", JUDGED, {}, ("--programs", "5"))
    where, item = Measuring(tmp_path / "out", "vm", print), Item(part)
    rows = where.out / "judge-some"

    def judge(command, folder):
        asked.append((command[2:], sorted(path.name for path in rows.iterdir()) if rows.exists() else []))
        rows.mkdir(parents=True, exist_ok=True)
        (rows / "judge-some.json").write_text(f"{len(asked)}")
        return statuses[len(asked) - 1]

    monkeypatch.setattr(reference_steps, "run_command", judge)
    with pytest.raises(StepFailed):
        measure_part(part, [item], where)
    assert kept_of(item) is None, "a mistake was found"
    measure_part(part, [item], where)
    words = ["benchmarks.advise_judge", "--programs", "5", "--out", str(rows), "--keep", str(rows)]
    assert asked == [(words, []), (words, ["judge-some.json"])], "it goes on"
    assert (REFERENCE / "selftest/judge-some.json").read_text() == "2" and stale_reasons(kept_of(item), Wanted()) == ()
    measure_part(part, [item], replace(where, again=True))
    monkeypatch.setattr(reference_steps, "suite_hash", lambda without: "another")
    measure_part(part, [item], where)
    assert [there for _, there in asked[2:]] == [[], []]


def test_how_often_the_advisor_is_right_is_fresh_here():
    items = [Item(PART_NAMED[f"judge-{name}"]) for name in ("programs", "models", "traps")]
    assert [state.word for state in states_of(items, ROOT)] == [FRESH] * 3


def test_all_that_is_kept_fits_in_twelve_megabytes():
    files = [path for path in (ROOT / REFERENCE).rglob("*") if path.is_file()]
    assert len(files) > 40 and sum(path.stat().st_size for path in files) <= 12_000_000
