"""An op's card in the terminal."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.cards.card import Card
from analysis.cards.gather import cards
from analysis.cards.show import card_text
from analysis.cli import main
from analysis.right.truth import Truth, read_truth
from analysis.run.load import load_run
from analysis.section import sections
from benchmarks.autograd.record.safety import RAISES, WRONG, SafetyCell
from tests.analysis.command import analysis
from tests.analysis.correctness import claim, hazard, pair, store
from tests.analysis.hostile import HOSTILE
from tests.analysis.invented import append_bytes, append_failure, append_times, around, case, empty_run

CODE = {"relu": {"outofplace": "x.relu()", "inplace": "x.relu_()", "note": "a note"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = empty_run(tmp_path / "results/runs", name="run", pairs=CODE, options={"preset": "quick"})
    append_times(folder, case("relu"), around(2.0, 0.01))
    append_times(folder, case("relu", allocator="fresh"), around(12.0, 0.01))
    append_times(folder, case("relu", dtype="bfloat16"), around(0.8, 0.01), other_load_ratio=0.5)
    append_failure(folder, case("relu", phase="step"), "crashed", "killed by signal 9")
    append_bytes(folder, case("relu"), {"peak_bytes": 2 * 4 * 65536}, {"peak_bytes": 4 * 65536})
    append_times(folder, case("sin"), around(1.0, 0.001))
    return folder


def card(folder: Path, truth: Truth) -> Card:
    return next(each for each in cards(sections([load_run(folder)])[0], truth) if each.pair == "relu")


def test_all_that_is_known_in_the_order_of_need(folder: Path, tmp_path: Path) -> None:
    stored = tmp_path / "stored"
    store(stored, "safety", pair("relu", leaf="raises", overlapping="wrong"))
    store(stored, "hazards", hazard("second-derivative-of-view", said="x.relu_()"))
    store(stored, "claims", claim("references-decide", said="x.relu_()"))
    text = card_text(card(folder, read_truth([stored])))
    words = (
        *("relu  (pointwise, cpu)", "Invented CPU", "x.relu()", "x.relu_()", "a note"),
        *("without autograd  use it: faster in 1 of 1 case (2.00x); peak without autograd 2N → 1N", "in training"),
        *("100 µs", "50.0 µs", "2.00x", "1.98x to 2.02x", "faster", "512 → 256 KiB", "crashed", "fresh pages"),
        *("bfloat16", "0.80x", "slower, disturbed", "step 64 Ki: killed by signal 9"),
        *("peak without autograd", "2N → 1N", "less in training?", "yes; saves for backward result → result"),
        *("less in training where the other operand requires grad?", "works", "raises", "silently wrong"),
        *("the title x.relu_()", "second-derivative-of-view", "the belief x.relu_()", "references-decide"),
        "python -m benchmarks run --preset quick --pair relu",
    )
    place = 0
    for word in words:
        place = text.index(word, place)
    assert "\u00a0" not in text
    assert text.endswith("--pair relu\n")
    assert all(len(line) <= 115 and line == line.rstrip() for line in text.splitlines())


def test_a_case_is_told_by_what_is_not_plain_of_it(tmp_path: Path) -> None:
    folder = empty_run(tmp_path)
    for dtype, layout, grad in (("float32", "contiguous", False), ("bfloat16", "transposed", True)):
        which = case("mul", operand="same", dtype=dtype, layout=layout, other_requires_grad=grad)
        append_times(folder, which, around(2.0, 0.01))
    (mul,) = cards(sections([load_run(folder)])[0], Truth())
    assert "  bfloat16, transposed, grad  " in card_text(mul)


def test_only_the_first_sentence_of_an_error_is_shown(folder: Path, tmp_path: Path) -> None:
    error = SafetyCell(RAISES, "Output 0 of Split is a view. Such functions do not allow it.")
    row = replace(pair("relu"), cells={"chunk": error, "overlapping": SafetyCell(WRONG, "0.5. And more")})
    store(tmp_path / "stored", "safety", row)
    text = " ".join(card_text(card(folder, read_truth([tmp_path / "stored"]))).split())
    assert "raises on a view from an op that returns several (Output 0 of Split is a view)" in text
    assert "(elements are read after a neighbour's write to the same memory: the result is that" in text


def test_what_nobody_knows_is_not_there(folder: Path) -> None:
    bare = replace(card(folder, Truth()), outofplace=None, inplace=None, note=None, needs=())
    text = card_text(bare)
    for word in ("out-of-place  x", "is it right", "hazards", "beliefs", "memory in N", "None", "nan"):
        assert word not in text


@pytest.mark.slow
def test_the_command_finds_the_newest_run(folder: Path, tmp_path: Path) -> None:
    result = analysis("show", "relu", where=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == card_text(card(folder, Truth()))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rleu",), "did you mean relu"),
        (("",), "2 others"),
        ((), "NAME"),
        (("relu", "nowhere"), "not a run"),
        (("a\nb",), "no op of that name"),
    ],
)
def test_a_mistake_is_one_line(
    folder: Path,
    tmp_path: Path,
    arguments: tuple,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.stdout, "reconfigure", lambda **_: None, raising=False)
    try:
        status = main(["show", *arguments])
    except SystemExit as left:
        status = left.code
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_hostile_run_stays_text(tmp_path: Path) -> None:
    folder = empty_run(tmp_path, pairs={"relu": {"outofplace": "\x1b[31m" + HOSTILE, "inplace": "\x07" + HOSTILE}})
    append_times(folder, case("relu", family="\x1b[2J", layout=HOSTILE), around(2.0, 0.01))
    text = card_text(card(folder, Truth()))
    assert all(line.isprintable() for line in text.splitlines())
    assert HOSTILE.replace("\u202e", "\ufffd") in " ".join(text.split())
