"""Suspects measured again: what is confirmed, what is not, and how often both are right."""

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.gate import confirm
from analysis.gate.change import JudgedCase, Limits
from analysis.gate.compare import Comparison, compare, with_confirmation
from analysis.gate.confirmed_times import second_look
from analysis.gate.gated_run import TIMES, GatedRun
from analysis.gate.times import first_look
from benchmarks.record import RecordError
from benchmarks.record.folder import read_run, write_run
from tests.analysis.gate.gated import N, both, bytes_of, elsewhere, failing, loaded, passes, stored
from tests.analysis.gate.test_statistics import SPREAD
from tests.analysis.invented import TIME_S, append_bytes, append_failure, case

SAME = [f"same_{number}" for number in range(12)]
LIMITS = Limits()


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(*loaded(*both(tmp_path_factory.mktemp("fallen"), [*SAME, "speedup_falls"])), LIMITS)


def again(parent: Path, speedup: float, **changes: object):
    """A confirmation, with cases that tell the drift."""
    journals = {"speedup_falls": passes(speedup, count=12), **dict.fromkeys(SAME, passes(1.5, count=12))}
    (run,) = loaded(stored(parent, "again", journals, **changes))
    return run


def state_of(comparison: Comparison, pair: str = "speedup_falls") -> str:
    return next(judged.state for judged in comparison.cases if judged.case.pair == pair)


@pytest.mark.parametrize(("speedup", "state"), [(1.3, "worse"), (1.5, "unresolved"), (1.7, "unresolved")])
def test_only_what_repeats_itself_is_worse(fallen: Comparison, tmp_path: Path, speedup: float, state: str) -> None:
    assert state_of(fallen) == "worse"
    after = with_confirmation(fallen, again(tmp_path, speedup))
    assert (state_of(after), after.regressed) == (state, state == "worse")
    assert {state_of(after, pair) for pair in SAME} == {"unchanged"}
    (change,) = (change for change in after.cases[-1].changes if change.quantity == "speedup")
    assert change.note == ("" if state == "worse" else "not ") + "confirmed in fresh processes"


@pytest.mark.parametrize(
    ("journal", "state", "said"),
    [
        (passes(1.5), "unresolved", "; it works in fresh processes"),
        (failing("crashed"), "worse", "; confirmed in fresh processes"),
        (None, "worse", "crashed in HEAD: as invented"),
    ],
)
def test_a_crash_is_tried_again(tmp_path: Path, journal, state: str, said: str) -> None:
    comparison = compare(*loaded(*both(tmp_path, [*SAME, "crashes", "disagrees"])), LIMITS)
    assert [each.pair for each in confirm.cases_to_measure(comparison)] == ["crashes"]
    tried = {"same_1": passes(1.5), **({"crashes": journal} if journal else {})}
    after = with_confirmation(comparison, *loaded(stored(tmp_path, "again", tried)))
    judged = next(judged for judged in after.cases if judged.case.pair == "crashes")
    assert judged.state == state and judged.reason.endswith(said)
    assert state_of(after, "disagrees") == "worse"  # that is the code's, whatever the machine


def test_an_alarm_that_was_not_measured_again_stays_one(fallen: Comparison, tmp_path: Path) -> None:
    (run,) = loaded(stored(tmp_path, "again", {"same_1": passes(1.5)}))
    assert state_of(fallen) == state_of(with_confirmation(fallen, run)) == "worse"


def test_what_was_suspect_alone_and_not_measured_again_is_unresolved(fallen: Comparison, tmp_path: Path) -> None:
    def opened(judged: JudgedCase) -> JudgedCase:
        return replace(
            judged, state="unresolved", changes=tuple(replace(c, state="unresolved") for c in judged.changes)
        )

    cases = tuple(opened(judged) if judged.suspect else judged for judged in fallen.cases)
    (run,) = loaded(stored(tmp_path, "again", {"same_1": passes(1.5)}))
    assert state_of(with_confirmation(replace(fallen, cases=cases), run)) == "unresolved"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (elsewhere(host="bench-2"), "another machine: host bench-1 and bench-2"),
        (elsewhere(torch_version="2.14.0"), "its torch_version is 2.14.0, HEAD's is 2.13.0"),
        ({"suite_sha256": "abc"}, "its suite_sha256 is abc, HEAD's is unknown"),
        ({"pairs_sha256": "abc"}, "its pairs_sha256 is abc, HEAD's is unknown"),
        ({"state": "partial"}, "is partial"),
        ({"method": 3}, "was measured by method 3, HEAD by 2"),
    ],
)
def test_another_machine_or_code_confirms_nothing(fallen: Comparison, tmp_path: Path, changes: dict, said: str) -> None:
    with pytest.raises(RecordError, match=said):
        with_confirmation(fallen, again(tmp_path, 1.3, **changes))


def test_another_commit_of_the_same_measuring_code_confirms(fallen: Comparison, tmp_path: Path) -> None:
    assert state_of(with_confirmation(fallen, again(tmp_path, 1.3, **elsewhere(git_commit="abc")))) == "worse"


def test_neither_head_nor_base_confirms(fallen: Comparison) -> None:
    with pytest.raises(RecordError, match="confirms nothing, it is HEAD"):
        with_confirmation(fallen, fallen.head.run)
    with pytest.raises(RecordError, match="confirms nothing, it is BASE"):
        with_confirmation(fallen, fallen.base.run)


def test_a_crash_that_needs_more_bytes_too_stays_worse_where_it_works_again(tmp_path: Path) -> None:
    def weighed(inplace: int, then):
        def append(folder, of, chance) -> None:
            append_bytes(folder, of, {"peak_bytes": 2 * N}, {"peak_bytes": inplace})
            then(folder, of, chance)

        return append

    base = stored(tmp_path, "base", {"op": weighed(N, passes(1.5))})
    head = stored(tmp_path, "head", {"op": weighed(N + 1, failing("hung"))})
    after = with_confirmation(
        compare(*loaded(base, head), LIMITS), *loaded(stored(tmp_path, "again", {"op": passes(1.5)}))
    )
    (judged,) = after.cases
    assert judged.state == "worse" and judged.reason.endswith("it works in fresh processes")


@pytest.mark.parametrize(("speedup", "state"), [(1.3, "worse"), (1.5, "unresolved")])
def test_a_crash_of_the_memory_pass_and_a_fall_are_confirmed_each(tmp_path: Path, speedup: float, state: str) -> None:
    def failing_bytes(folder, of, chance) -> None:
        passes(1.3)(folder, of, chance)
        append_failure(folder, of, "crashed", "as invented", kind="memory")

    def sound(folder, of, chance) -> None:
        passes(speedup, count=12)(folder, of, chance)
        append_bytes(folder, of, {"peak_bytes": 2 * N}, {"peak_bytes": N})

    same, more = dict.fromkeys(SAME, passes(1.5)), dict.fromkeys(SAME, passes(1.5, count=12))
    base = stored(tmp_path, "base", {**same, "op": bytes_of(2 * N, N)})
    head = stored(tmp_path, "head", {**same, "op": failing_bytes})
    comparison = compare(*loaded(base, head), LIMITS)
    assert state_of(comparison, "op") == "worse" and [each.case.pair for each in comparison.suspects] == ["op"]
    after = with_confirmation(comparison, *loaded(stored(tmp_path, "again", {**more, "op": sound})))
    assert state_of(after, "op") == state


def test_times_are_confirmed_beside_cases_that_tell_the_drift(tmp_path: Path) -> None:
    comparison = compare(*loaded(*both(tmp_path, [*SAME, "both_get_slower"])), LIMITS)
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


def test_many_suspects_are_held_against_twice_as_many_others(tmp_path: Path) -> None:
    steady, slower = [f"same {number}" for number in range(30)], [f"slower {number}" for number in range(8)]
    base = stored(tmp_path, "base", dict.fromkeys([*steady, *slower], passes(1.5)))
    head = stored(
        tmp_path, "head", {**dict.fromkeys(steady, passes(1.5)), **dict.fromkeys(slower, passes(1.5, out=2 * TIME_S))}
    )
    comparison = compare(*loaded(base, head), LIMITS)
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


def test_a_base_of_many_passes_is_met_with_as_many(fallen: Comparison, tmp_path: Path) -> None:
    many = {pair: passes(1.5, count=20) for pair in SAME}
    base, head = stored(tmp_path, "many", many), stored(tmp_path, "now", dict.fromkeys(SAME, passes(1.5)))
    assert (confirm.passes(fallen), confirm.passes(compare(*loaded(base, head), LIMITS))) == (12, 20)


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


def simulated(
    chance: np.random.Generator, count: int, deviations: np.ndarray, shift: float, shared: float | np.ndarray = 0.0
) -> GatedRun:
    """Passes of as many cases as `deviations`, the first one's speedup lower by `shift`; times that follow it.

    `shared`: the standard deviation of what all passes of the run have in common, by case.
    """
    cases = [case(f"case {number:02}") for number in range(len(deviations))]
    values = chance.normal(size=(len(cases), count)) * deviations[:, None]
    values[0] += shift
    values += (chance.normal(size=len(cases)) * shared)[:, None]
    drift = chance.normal(0, 0.07, size=count)
    rows = pd.DataFrame(
        {
            "case": pd.Series(np.repeat(np.array(cases, dtype=object), count)),
            "pass_number": np.tile(np.arange(count), len(cases)),
            "speedup": values.ravel(),
            "outofplace_time_s": np.tile(drift, len(cases)),
            "inplace_time_s": (values + drift).ravel(),
        }
    )
    return GatedRun(None, pd.DataFrame(), rows)


def found(
    chance: np.random.Generator,
    deviations: np.ndarray,
    shift: float,
    shared: float = 0.0,
    counts: tuple[int, int, int] = (6, 6, confirm.PASSES),
) -> tuple[set, set]:
    """Which cases' speedups alarm at once, and after the confirmation; `counts`: passes of BASE, HEAD and that."""
    base = simulated(chance, counts[0], deviations, 0.0, shared)
    head = simulated(chance, counts[1], deviations, shift, shared)
    first = first_look(base, head, LIMITS)
    look = first.looks["speedup"]
    table = look.test.table
    at_once = set(table.index[(look.worse <= look.alpha) & (table["difference"] >= look.relevant)])
    if not len(look.suspects):
        return at_once, set()
    after = second_look(first, base, head, simulated(chance, counts[2], deviations, shift, shared))
    return at_once, {
        of for of, changes in after.items() if "speedup" in changes and changes["speedup"].state == "worse"
    }


@pytest.mark.slow
def test_a_tenth_slower_is_found_where_one_look_finds_half() -> None:
    """With passes that scatter by 3.5 %, as of a memory-bound op at 1 Mi on the machine of the reference run."""
    chance, planted = np.random.default_rng(11), case("case 00")
    deviations = SPREAD.copy()
    deviations[0] = 0.035
    trials = [found(chance, deviations, np.log(1.10)) for _ in range(40)]
    at_once, after = (np.mean([planted in each[look] for each in trials]) for look in (0, 1))
    assert after >= 0.8 and after > at_once + 0.2


@pytest.mark.slow
def test_the_same_code_hardly_ever_alarms() -> None:
    chance = np.random.default_rng(12)
    trials = [found(chance, SPREAD, 0.0) for _ in range(60)]
    assert sum(bool(after) for _, after in trials) <= 1
    assert sum(bool(at_once) for at_once, _ in trials) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("counts", [(6, 6, 12), (24, 6, 24), (24, 24, 24)])
def test_nor_where_runs_differ_by_more_than_their_passes_show(counts: tuple) -> None:
    """However many passes: they average their own noise away, not what a run of them shares.

    Sixteen trials are enough: a test that ignores what is shared, or takes a quarter of it, alarms at once in 3 to 7.
    """
    chance = np.random.default_rng(13)
    trials = [found(chance, np.full(400, 0.03), 0.0, 0.01, counts) for _ in range(16)]
    assert sum(bool(after) for _, after in trials) <= 2
    assert sum(bool(at_once) for at_once, _ in trials) <= 1


def test_a_run_that_confirms_is_read_like_any_other(fallen: Comparison, tmp_path: Path) -> None:
    run = again(tmp_path, 1.3)
    write_run(run.folder, {**read_run(run.folder), "options": "none"})
    assert state_of(with_confirmation(fallen, *loaded(run.folder))) == "worse"
