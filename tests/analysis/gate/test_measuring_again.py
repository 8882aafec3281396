"""Which cases are measured again, beside which others, and by which command."""

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.gate import confirm
from analysis.gate.change import Limits
from analysis.gate.compare import Comparison, compare, with_confirmation
from analysis.gate.gated_run import TIMES
from benchmarks.record import RecordError
from tests.analysis.gate.gated import SAME, both, loaded, passes, state_of, stored
from tests.analysis.invented import TIME_S, case


@pytest.mark.slow
def test_times_are_confirmed_beside_cases_that_tell_the_drift(tmp_path: Path) -> None:
    comparison = compare(*loaded(*both(tmp_path, [*SAME, "both_get_slower"])), Limits())
    cases = confirm.cases_to_measure(comparison)
    assert cases[0].pair == "both_get_slower" and len(cases) == 1 + 10
    slow = {"both_get_slower": passes(1.5, out=2.0 * 1.5 * TIME_S, count=12)}  # the machine is half as fast by now
    others = {each.pair: passes(1.5, out=2.0 * TIME_S, count=12) for each in cases[1:]}
    assert (
        state_of(with_confirmation(comparison, *loaded(stored(tmp_path, "again", slow | others))), "both_get_slower")
        == "worse"
    )
    was_drift = {"both_get_slower": passes(1.5, out=2.0 * TIME_S, count=12)}
    refuted = with_confirmation(comparison, *loaded(stored(tmp_path, "refuted", was_drift | others)))
    assert state_of(refuted, "both_get_slower") == "unchanged"


@pytest.mark.slow
def test_many_suspects_are_held_against_twice_as_many_others(tmp_path: Path) -> None:
    steady, slower = [f"same {number}" for number in range(30)], [f"slower {number}" for number in range(8)]
    base = stored(tmp_path, "base", dict.fromkeys([*steady, *slower], passes(1.5)))
    head = stored(
        tmp_path, "head", {**dict.fromkeys(steady, passes(1.5)), **dict.fromkeys(slower, passes(1.5, out=2 * TIME_S))}
    )
    comparison = compare(*loaded(base, head), Limits())
    cases = [each.pair for each in confirm.cases_to_measure(comparison)]
    assert sorted(cases[:8]) == slower and len(cases) == 8 + 16


def test_of_a_speedup_just_the_suspects_are_measured(fallen: Comparison) -> None:
    only = replace(
        fallen,
        cases=tuple(replace(j, changes=tuple(c for c in j.changes if c.quantity not in TIMES)) for j in fallen.cases),
    )
    assert [each.pair for each in confirm.cases_to_measure(only)] == ["speedup_falls"]


def test_the_command_measures_as_head_did_and_no_more(fallen: Comparison, tmp_path: Path) -> None:
    options = {"preset": "full", "seconds": "0.1", "pair": "add", "numel": "1Ki", "pairs": "--out=/tmp/x", "label": "l"}
    run = replace(fallen.head.run, facts={**fallen.head.run.facts, "options": options})
    line = confirm.command(replace(fallen, head=replace(fallen.head, run=run)), Path("c.json"), Path("out"))
    assert line[:4] == [sys.executable, "-m", "benchmarks", "run"]
    assert line[4:7] == ["--preset=full", "--pairs=--out=/tmp/x", "--seconds=0.1"]
    assert line[7:] == ["--cases=c.json", "--passes=12", "--label=confirmation", "--out=out", "--no-report"]


@pytest.mark.slow
def test_a_base_of_many_passes_is_met_with_as_many(fallen: Comparison, tmp_path: Path) -> None:
    many = {pair: passes(1.5, count=20) for pair in SAME}
    base, head = stored(tmp_path, "many", many), stored(tmp_path, "now", dict.fromkeys(SAME, passes(1.5)))
    assert (confirm.passes(fallen), confirm.passes(compare(*loaded(base, head), Limits()))) == (12, 20)


MAKES = "import sys; from pathlib import Path; (Path(sys.argv[1]) / 'made').mkdir(); print('run: elsewhere')"


def test_the_suspects_are_written_as_cases_and_the_run_comes_to_its_place(
    fallen: Comparison, tmp_path, monkeypatch, capfd
) -> None:
    def program(comparison: Comparison, cases: Path, out: Path) -> list[str]:
        return [sys.executable, "-c", MAKES, str(out), f"--cases={cases}"]

    monkeypatch.setattr(confirm, "command", program)
    out = tmp_path / "out"
    assert confirm.measure(fallen, out) == out / "made"
    (cases,) = (path for path in out.iterdir() if path.name != "made")
    rows = json.loads(cases.read_text())
    assert rows[0] == {**vars(case("speedup_falls")), "shape": [65536]}
    printed, said = capfd.readouterr()
    (line,) = said.splitlines()
    assert line == f"measuring {len(rows)} cases again: {shlex.join(program(fallen, cases, out))}"
    assert printed == ""  # where the run lies is no part of the comparison


@pytest.mark.parametrize(
    ("program", "said"), [("import sys; sys.exit(2)", "exit status 2"), ("print('run: none')", "status 0")]
)
def test_a_confirmation_that_was_not_made_is_one_line(
    fallen: Comparison, tmp_path: Path, monkeypatch, program: str, said: str
) -> None:
    monkeypatch.setattr(confirm, "command", lambda *_: [sys.executable, "-c", program])
    with pytest.raises(RecordError, match=said):
        confirm.measure(fallen, tmp_path / "out")
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".json"]  # the suspects alone


def test_an_interrupted_confirmation_is_an_interrupt_and_stays_where_it_is(
    fallen: Comparison, tmp_path: Path, monkeypatch
) -> None:
    interrupted = MAKES + "; sys.exit(130)"
    monkeypatch.setattr(confirm, "command", lambda *given: [sys.executable, "-c", interrupted, str(given[-1])])
    with pytest.raises(KeyboardInterrupt):
        confirm.measure(fallen, tmp_path / "out")
    assert list((tmp_path / "out").glob("measuring-*/made"))
