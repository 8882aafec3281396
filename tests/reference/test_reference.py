"""The command `reference`: what is stale is measured by the suite's commands, kept, and taken up after a stop."""

import json
from pathlib import Path

import pytest

from benchmarks.cli import main
from benchmarks.reference import reference_pages
from benchmarks.reference.reference_declared import SELFTEST_VERSIONS
from benchmarks.reference.reference_kept import kept_of, newest_kept_run
from benchmarks.reference.reference_parts import (
    REFERENCE,
    Item,
)
from tests.reference.reference_stand_in import CHECKED, SMALL


def test_what_is_stale_is_measured_kept_and_written_about(suite, capsys):
    assert main(["reference", "--host", "vm"]) == 0
    assert suite.typed == [
        "benchmarks run --preset",
        "analysis pack results/runs/reference/packed/20260101T000000Z-vm-torch2.13.0",
        "benchmarks selftest --out",
        "analysis readme",
    ]
    run, _ = newest_kept_run(Item(SMALL), REFERENCE)
    assert [path.name for path in sorted(run.iterdir())] == ["run.json"]
    assert json.loads((REFERENCE / "selftest/checked.json").read_text()) == {"a row": "1 of 2"}
    assert kept_of(Item(CHECKED)).versions == SELFTEST_VERSIONS and kept_of(Item(CHECKED)).took_s >= 0
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
    assert main(["reference", "checked"]) == 0 and suite.typed == ["analysis readme"]
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


def test_where_one_part_fails_the_others_are_measured_and_written_about(suite, capsys):
    suite.failing = "benchmarks run"
    assert main(["reference", "--host", "vm"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "not done: small"
    assert kept_of(Item(SMALL)) is None and kept_of(Item(CHECKED)) and suite.typed[-1] == "analysis readme"


def test_what_is_asked_again_is_begun_anew_once(suite):
    rows = Path("results/runs/reference/checked/rows")

    def asked_again() -> int:
        return main(["reference", "checked", "--again"])

    assert main(["reference", "checked"]) == 0
    rows.write_text("of the last time")
    suite.failing = "selftest"
    assert asked_again() == 1 and not rows.exists()
    rows.parent.mkdir(exist_ok=True)
    rows.write_text("of this time")
    suite.failing = ""
    assert asked_again() == 0 and rows.exists(), "it goes on"


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


@pytest.mark.parametrize(("script", "status"), [("touch drawn", 0), ("exit 3", 1)])
def test_the_picture_is_drawn_by_the_browser_that_is_there(suite, monkeypatch, tmp_path, capsys, script, status):
    browser = tmp_path / "chromium"
    browser.write_text(f"#!/bin/sh\n{script}\n")
    browser.chmod(0o755)
    monkeypatch.setattr(reference_pages.shutil, "which", lambda name: str(browser) if name == "chromium" else None)
    assert main(["reference", "checked"]) == status
    assert (tmp_path / "drawn").exists() is (status == 0)
    assert ("report.png: written" in capsys.readouterr().out) is (status == 0)
