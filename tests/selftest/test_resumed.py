"""A self-test that was interrupted goes on: runs of the same code are taken or finished, others made anew."""

import pytest
import torch

from benchmarks.record.folder import write_run
from benchmarks.running.facts import suite_hash
from benchmarks.selftest import command

RAW = {"preset": "selftest", "label": "same", "numel": "1Ki"}


class Made:
    """Stands in for a run, made or finished."""

    def __init__(self, folder):
        self.folder = folder


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Stores a run of RAW under a name; what is made, and what is finished, goes on lists."""
    made, continued = [], []
    monkeypatch.setattr(command, "new_run", lambda *_: made.append(1) or Made(tmp_path / "new"))
    monkeypatch.setattr(command, "continue_run", lambda folder: continued.append(folder) or Made(folder))

    def store(name, **changes):
        facts = {"state": "complete", "options": RAW, "suite_sha256": suite_hash(), "pairs_sha256": None}
        facts |= {"machine": {"torch_version": torch.__version__}, **changes}
        folder = tmp_path / f"{name}-same"
        folder.mkdir()
        write_run(folder, facts)
        return folder

    store.made, store.continued = made, continued
    return store


def test_a_complete_run_of_this_code_is_taken_and_a_partial_one_finished(stored, tmp_path):
    folder = stored("1")
    assert command._run(RAW, tmp_path) == folder and not stored.made
    later = stored("2", state="partial")
    assert command._run(RAW, tmp_path) == later and stored.continued == [later] and not stored.made


@pytest.mark.parametrize(
    "changes",
    [
        {"options": {**RAW, "numel": "4Mi"}},
        {"suite_sha256": "of another code"},
        {"pairs_sha256": "of a file"},
        {"machine": {"torch_version": "1.0"}},
        {"machine": None},
    ],
)
def test_a_run_of_other_options_code_or_torch_is_left_alone(stored, tmp_path, changes):
    stored("1", **changes)
    assert command._run(RAW, tmp_path) == tmp_path / "new" and stored.made


def test_what_is_no_run_is_left_alone(stored, tmp_path):
    (tmp_path / "1-same").mkdir()
    assert command._run(RAW, tmp_path) == tmp_path / "new"


def test_what_other_tools_said_is_asked_once(tmp_path, monkeypatch):
    asked = []
    for name in ("pytest_benchmark_errors", "torch_benchmark_errors"):
        monkeypatch.setattr(command.peers, name, lambda seconds, repeats: asked.append(repeats) or [0.01, 0.02])
    first = command._peer_rows(tmp_path, 36)
    assert command._peer_rows(tmp_path, 36) == first and asked == [2, 2]
    command._peer_rows(tmp_path, 54)
    assert asked == [2, 2, 3, 3]
