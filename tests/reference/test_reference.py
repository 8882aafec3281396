"""The command `reference`: what is stale is measured by the suite's commands, kept, and taken up after a stop."""

import json
from pathlib import Path

import pytest

from benchmarks.autograd.claims import CLAIMS
from benchmarks.autograd.claims.claim import Setting, decide
from benchmarks.autograd.hazards import HAZARDS
from benchmarks.autograd.hazards.hazard import examine_hazard
from benchmarks.cli import main
from benchmarks.record import RECORD_VERSION
from benchmarks.record.folder import read_run, write_run
from benchmarks.reference import part_states, reference_command, reference_pages, reference_steps
from benchmarks.reference.part_states import FRESH, states_of
from benchmarks.reference.reference_declared import asked_text, wanted_of
from benchmarks.reference.reference_kept import kept_of, newest_kept_run
from benchmarks.reference.reference_parts import ADVICE, PARTS, REFERENCE, RUN, RUN_RECORDS, SELFTEST, Item, Part
from benchmarks.reference.reference_steps import Measuring, keep_run, measure_part
from benchmarks.reference.staleness import Wanted, stale_reasons
from benchmarks.running.facts import suite_hash
from tests.support.commands import ROOT
from tests.support.forked import run_with_forks

OPTIONS = {"preset": "smoke", "device": "cpu", "threads": "1", "seconds": "0.01", "passes": "1", "pair": "relu"}
SMALL = Part("small", "one op", RUN, OPTIONS)
CHECKED = Part("checked", "a self-test", SELFTEST)
PART_NAMED = {part.name: part for part in PARTS}
PASSES = [{"pass_number": n, "kind": "time", "allocator": "retained", "state": "done", "wall_s": 2.0} for n in range(2)]


class Suite:
    """Stands in for the suite's commands: stores a run, complete or partial, or a self-test, or fails."""

    def __init__(self):
        self.typed, self.failing, self.states = [], "", ["complete"]

    def __call__(self, command, limit_s=None, folder=None):
        words = command[command.index("-m") + 1 :]
        self.typed.append(" ".join(words[:3]))
        if self.failing and self.failing in " ".join(words):
            return 1
        if words[:2] == ["benchmarks", "run"]:
            self.run(words)
        elif words[:2] == ["benchmarks", "selftest"]:
            out = Path(words[words.index("--out") + 1])
            out.mkdir(parents=True, exist_ok=True)
            (out / "checked.json").write_text('{"a row": "1 of 2"}')
        elif words[:2] == ["analysis", "report"]:
            out = Path(words[words.index("--to") + 1])
            out.mkdir(parents=True, exist_ok=True)
            (out / "report.html").write_text("<p>a page</p>")
        return 0

    def run(self, words):
        state = self.states.pop(0)
        if "--resume" in words:
            folder = Path(words[words.index("--resume") + 1])
        else:
            folder = Path(words[words.index("--out") + 1]) / "20260101T000000Z-vm-torch2.13.0"
            folder.mkdir(parents=True)
        version = reference_steps.torch.__version__
        facts = {"machine": {"torch_version": str(version)}, "options": {**OPTIONS, "host": "vm"}, "passes": PASSES}
        write_run(folder, {**facts, "suite_sha256": suite_hash(), "start": "2026-01-01T00:00:00+00:00", "state": state})
        for number in (1, 2):
            (folder / f"pytest-benchmark-{number}.json").write_text("{}")


@pytest.fixture
def suite(tmp_path, monkeypatch):
    made = Suite()
    for module in (reference_steps, reference_pages):
        monkeypatch.setattr(module, "run_command", made)
    monkeypatch.setattr(reference_command, "PARTS", (SMALL, CHECKED))
    monkeypatch.setattr(part_states, "wanted_of", lambda part: Wanted({"method": 4}))
    monkeypatch.setattr(reference_pages.shutil, "which", lambda name: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / REFERENCE).mkdir(parents=True)
    return made


def test_what_is_stale_is_measured_kept_and_written_about(suite, capsys):
    assert main(["reference", "--host", "vm"]) == 0
    assert suite.typed == [
        "benchmarks run --preset",
        "analysis pack results/runs/reference/packed/20260101T000000Z-vm-torch2.13.0",
        "benchmarks selftest --out",
        "analysis report --quoted",
        "analysis readme",
    ]
    run, _ = newest_kept_run(Item(SMALL), REFERENCE)
    assert [path.name for path in sorted(run.iterdir())] == ["pytest-benchmark-1.json", "run.json"]
    assert (REFERENCE / "report.html").read_text() == "<p>a page</p>"
    assert json.loads((REFERENCE / "selftest/checked.json").read_text()) == {"a row": "1 of 2"}
    assert kept_of(Item(CHECKED)).versions == {"method": 4} and kept_of(Item(CHECKED)).took_s >= 0
    assert kept_of(Item(SMALL)).took_s == 4.0
    capsys.readouterr()
    suite.typed.clear()
    assert main(["reference", "--host", "vm"]) == 0
    assert suite.typed == [] and "nothing is stale" in capsys.readouterr().out
    assert main(["reference", "checked", "--again"]) == 0 and suite.typed[0] == "benchmarks selftest --out"
    suite.typed.clear()
    suite.states = ["complete"]
    assert main(["reference", "small", "--again", "--host", "vm"]) == 0, "the run that is kept is not found complete"
    assert suite.typed[0] == "benchmarks run --preset"


def test_pages_that_were_not_written_are_due(suite):
    suite.failing = "analysis readme"
    assert main(["reference", "checked"]) == 1
    suite.failing = ""
    suite.typed.clear()
    assert main(["reference", "checked"]) == 0 and suite.typed == ["analysis report --quoted", "analysis readme"]
    suite.typed.clear()
    assert main(["reference", "checked"]) == 0 and suite.typed == []


def test_the_list_measures_nothing(suite, capsys):
    assert main(["reference", "--list"]) == 0
    assert suite.typed == [] and "2 of 2 are stale" in capsys.readouterr().out


def test_a_partial_run_is_taken_up(suite, capsys):
    suite.states = ["partial", "complete"]
    assert main(["reference", "small", "--host", "vm"]) == 1
    assert "the same command goes on" in capsys.readouterr().err
    assert main(["reference", "small", "--host", "vm"]) == 0
    assert suite.typed[:2] == ["benchmarks run --preset", "benchmarks run --resume"]


def test_a_command_that_fails_is_named_and_its_time_counts(suite, capsys):
    suite.failing = "selftest"
    assert main(["reference", "checked"]) == 1
    assert "benchmarks selftest" in capsys.readouterr().err
    spent = json.loads(Path("results/runs/reference/spent.json").read_text())
    assert list(spent) == ["checked"] and kept_of(Item(CHECKED)) is None


def test_the_advisor_is_asked_in_a_folder_of_its_own(suite, monkeypatch, tmp_path):
    """And the newest answer on a step counts, with the digest of the file that it read."""
    asked = []
    monkeypatch.setattr(reference_steps, "advised_program", lambda: "the program")
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


def test_a_kept_run_stays_as_it_is(suite):
    suite.run(["--out", "results/runs/reference"])
    (run,) = Path("results/runs/reference").iterdir()
    kept = keep_run(run, print)
    (kept / "run.json").write_text("kept")
    assert keep_run(run, print) == kept and (kept / "run.json").read_text() == "kept"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["smal"], "did you mean small?"),
        (["x"], "small, checked, pages"),
        (["--again"], "--again: name the parts"),
    ],
)
def test_bad_input_is_one_line(suite, capsys, typed, said):
    assert main(["reference", *typed]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line and suite.typed == []


def test_another_folder_is_no_checkout(suite, capsys, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["reference"]) == 2 and "no such folder" in capsys.readouterr().err


def test_facts_that_cannot_be_read_are_one_line(suite, capsys):
    (REFERENCE / "parts.json").write_text("[1")
    assert main(["reference"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "parts.json: cannot be read" in line


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


@pytest.mark.parametrize(("script", "status"), [("touch drawn", 0), ("exit 3", 1)])
def test_the_picture_is_drawn_by_the_browser_that_is_there(suite, monkeypatch, tmp_path, capsys, script, status):
    browser = tmp_path / "chromium"
    browser.write_text(f"#!/bin/sh\n{script}\n")
    browser.chmod(0o755)
    monkeypatch.setattr(reference_pages.shutil, "which", lambda name: str(browser) if name == "chromium" else None)
    assert main(["reference", "checked"]) == status
    assert (tmp_path / "drawn").exists() is (status == 0)
    assert ("report.png: written" in capsys.readouterr().out) is (status == 0)
