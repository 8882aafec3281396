"""An answer is stored as an ordinary run, whose every reader follows."""

import pytest

from analysis.run.load import load_run
from analysis.section import sections
from benchmarks.record.folder import read_journal, read_run
from benchmarks.record.run_facts import RunFacts, unfit_fields
from tests.record.declared import objects
from tests.support.advised_runs import MIB, STEP, answer_with_patch, answer_without_patch, stored


def test_a_patch_that_was_timed(tmp_path, monkeypatch):
    folder = stored(answer_with_patch(), tmp_path, monkeypatch)
    facts = read_run(folder)
    assert folder.name.endswith("-vm-torch2.13.0-advice") and facts["state"] == "complete"
    assert unfit_fields(facts, tuple(facts)) == []
    for declared, found in objects(RunFacts, facts):
        assert declared.__required_keys__ <= set(found), declared
    (section,) = sections([load_run(folder)])
    (case,) = section.scenarios.to_dict("records")
    assert (case["pair"], case["phase"], case["passes"], case["verdict"]) == (STEP, "inference", 6, "faster")
    assert case["speedup"] == pytest.approx(1.25)
    assert (case["outofplace_peak_bytes"], case["inplace_peak_bytes"]) == (8 * MIB, 4 * MIB)
    assert section.cases.empty and section.advice is not None


def test_a_step_that_is_to_be_left_has_the_same_bytes_twice_and_no_times(tmp_path, monkeypatch):
    folder = stored(answer_without_patch(), tmp_path, monkeypatch)
    ((given, patched),) = read_journal(folder)
    assert given.kind == "memory" and given.peak_bytes == patched.peak_bytes == 8 * MIB
    assert [each["kind"] for each in read_run(folder)["passes"]] == ["memory"]


def test_a_patch_that_is_not_proved_does_not_count(tmp_path, monkeypatch):
    answer = answer_with_patch() | {"proved": False, "unproved": "loss differs", "times": None}
    ((given, patched),) = read_journal(stored(answer, tmp_path, monkeypatch))
    assert given.peak_bytes == patched.peak_bytes == 8 * MIB


def test_a_training_step_is_one(tmp_path, monkeypatch):
    answer = answer_without_patch()
    answer["places"] = [{**answer["places"][0], "regions": ["forward", "backward"]}]
    ((given, _),) = read_journal(stored(answer, tmp_path, monkeypatch))
    assert given.case.phase == "step" and given.held_bytes == MIB


def test_what_was_asked_of_is_known_by_its_digest(tmp_path, monkeypatch):
    facts = read_run(stored(answer_with_patch(), tmp_path, monkeypatch))
    assert list(facts["advice"]["sources_sha256"]) == ["train.py"]
    assert facts["advice"]["printed"][0].startswith(f"{STEP}: peak 8.00 MiB")
