"""A lost in-place write, and a hidden clone, in a user's own step: found by exact bytes, and named with the line."""

from pathlib import Path

import pytest

from analysis.cli import main
from analysis.gate.change import Limits
from analysis.gate.compare import Comparison, compare
from analysis.gate.rows import change_rows
from analysis.gate.terminal import comparison_lines
from analysis.run.load import load_run
from tests.support.advised_runs import (
    GIVEN,
    MIB,
    PATCHED,
    STEP,
    answer_with_patch,
    answer_without_patch,
    peak,
    row,
    stored,
)

pytestmark = pytest.mark.slow  # whole runs

NBSP = "\N{NO-BREAK SPACE}"


def left(found, peak_mib: int):
    """An answer that leaves the step, whose peak has these rows."""
    before = {"peak_bytes": peak_mib * MIB, "held_bytes": MIB}
    return answer_without_patch(places=[found], per_step=[{"step": STEP, "before": before, "after": None}])


def both_stored(base, head, tmp_path, monkeypatch) -> list[Path]:
    folders = []
    for name, answer in (("base", base), ("head", head)):
        (tmp_path / name).mkdir()
        folders.append(stored(answer, tmp_path / name, monkeypatch))
    return folders


def compared(base, head, tmp_path, monkeypatch) -> Comparison:
    return compare(*map(load_run, both_stored(base, head, tmp_path, monkeypatch)), Limits())


def notes(comparison: Comparison, state: str) -> dict[str, str]:
    return {each.quantity: each.note.replace(NBSP, " ") for each in change_rows(comparison, state)}


def test_a_lost_write_is_named_with_its_line_and_what_to_write(tmp_path, monkeypatch):
    found = compared(left(PATCHED, 4), answer_with_patch(), tmp_path, monkeypatch)
    assert found.regressed
    assert notes(found, "worse") == {
        "as given: peak bytes": "train.py:14 `g = F.silu(gate) * up`: mul makes 4 MiB more (temporaries); "
        "the advisor would write F.silu(gate).mul_(up) at train.py:14"
    }


def test_a_new_clone_is_named_although_the_lines_moved(tmp_path, monkeypatch):
    moved = row("temporaries", "mul", 4, line=20), row("temporaries", "silu", 4, line=20)
    clone = row("saved for backward", "sigmoid_", 2, line=21, text="s.sigmoid_()")
    head = peak(*moved, row("parameters", "empty", 3, 12, "Linear()"), clone)
    found = compared(left(GIVEN, 8), left(head, 10), tmp_path, monkeypatch)
    said = "train.py:21 `s.sigmoid_()`: sigmoid_ makes 2 MiB more (saved for backward)"
    assert notes(found, "worse") == {"as given: peak bytes": said, "patched: peak bytes": said}


def test_what_got_smaller_is_named_too(tmp_path, monkeypatch):
    found = compared(left(GIVEN, 8), left(PATCHED, 4), tmp_path, monkeypatch)
    assert not found.regressed
    assert set(notes(found, "better").values()) == {
        "train.py:14 `g = F.silu(gate) * up`: mul makes 4 MiB less (temporaries)"
    }


def test_the_terminal_shows_the_line_in_full(tmp_path, monkeypatch):
    found = compared(left(PATCHED, 4), answer_with_patch(), tmp_path, monkeypatch)
    told = " ".join(comparison_lines(found)).replace(NBSP, " ")
    assert "train.py:14 `g = F.silu(gate) * up`: mul makes 4 MiB more (temporaries)" in told


def test_the_same_is_no_regression(tmp_path, monkeypatch, capsys):
    runs = both_stored(answer_with_patch(), {**answer_with_patch(), "runs": 15}, tmp_path, monkeypatch)
    assert main(["compare", *map(str, runs)]) == 0
    assert "No regression in 1 case." in capsys.readouterr().out


def test_an_answer_is_confirmed_by_asking_again(tmp_path, monkeypatch, capsys):
    runs = [*map(str, both_stored(answer_with_patch(), answer_with_patch(speedup=0.8), tmp_path, monkeypatch))]
    assert main(["compare", *runs]) == 1
    assert f"advise {STEP}" in capsys.readouterr().out
    assert main(["compare", *runs, "--confirm"]) == 2
    assert f"measure it again with: advise {STEP}" in capsys.readouterr().err
