"""The named pairs: each gets the state it must have, and says why."""

import json

import pytest

from analysis.gate import sentences, times
from analysis.gate.change import STATES, JudgedCase, Limits
from analysis.gate.compare import Comparison, compare
from analysis.gate.files import as_json
from analysis.gate.gated_run import TIMES
from benchmarks.record import RecordError
from benchmarks.record.folder import append_pair
from tests.analysis.gate.gated import NAMED, N, both, elsewhere, failing, loaded, passes, stored
from tests.analysis.invented import TIME_S, append_bytes, timed


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(*loaded(*both(tmp_path_factory.mktemp("runs"))), Limits())


@pytest.fixture(scope="module")
def by_pair(comparison: Comparison) -> dict[str, JudgedCase]:
    return {judged.case.pair: judged for judged in comparison.cases}


@pytest.mark.parametrize("pair", NAMED)
def test_each_case_gets_its_state(by_pair: dict, pair: str) -> None:
    assert by_pair[pair].state == NAMED[pair][2]


def test_every_state_is_met_and_every_case_judged_once(comparison: Comparison) -> None:
    assert {judged.state for judged in comparison.cases} == set(STATES)
    assert sorted(judged.case.pair for judged in comparison.cases) == sorted(NAMED)


@pytest.mark.parametrize(
    ("pair", "quantity", "state"),
    [
        ("speedup_falls", "speedup", "worse"),
        ("speedup_falls", "inplace_time_s", "worse"),
        ("speedup_falls", "outofplace_time_s", "unchanged"),
        ("outofplace_gets_faster", "speedup", "worse"),  # and yet no regression
        ("outofplace_gets_faster", "outofplace_time_s", "better"),
        ("both_get_slower", "speedup", "unchanged"),
        ("both_get_slower", "inplace_time_s", "worse"),
        ("both_get_slower", "outofplace_time_s", "worse"),
        ("a_byte_more", "inplace_peak_bytes", "worse"),
        ("a_byte_more", "outofplace_peak_bytes", "unchanged"),
        ("holds_more", "inplace_held_bytes", "worse"),
    ],
)
def test_it_says_which_quantity(by_pair: dict, pair: str, quantity: str, state: str) -> None:
    (change,) = (change for change in by_pair[pair].changes if change.quantity == quantity)
    assert change.state == state


def test_numbers_are_those_of_the_runs(by_pair: dict) -> None:
    change = next(change for change in by_pair["speedup_falls"].changes if change.quantity == "speedup")
    assert (change.base, change.head) == pytest.approx((1.5, 1.3), rel=0.01)
    assert change.low < change.difference < change.high and change.p < 1e-6 and change.suspect
    grown = next(change for change in by_pair["a_byte_more"].changes if change.state == "worse")
    assert (grown.base, grown.head) == (4 * 65536, 4 * 65536 + 1)


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("too_few_passes", "too few passes (6 in BASE, 2 in HEAD)"),
        ("bistable", "bistable in HEAD"),
        ("bytes_lost", "HEAD did not measure its bytes"),
        ("bytes_crash", "memory: crashed: as invented"),
        ("crashes", "crashed in HEAD: as invented"),
        ("works_again", "crashed in BASE"),
    ],
)
def test_a_reason_is_given(by_pair: dict, pair: str, said: str) -> None:
    assert said in by_pair[pair].reason


def test_thresholds_decide_what_matters(tmp_path) -> None:
    base, head = both(tmp_path, [f"same_{n}" for n in range(12)] + ["speedup_falls", "speedup_falls_too_little"])

    def found(**limits: float) -> dict[str, str]:
        return {j.case.pair: j.state for j in compare(*loaded(base, head), Limits(**limits)).cases}

    assert found(speedup=0.01)["speedup_falls_too_little"] == "worse"
    assert found(speedup=0.2, time=0.2)["speedup_falls"] == "unchanged"


def test_drift_of_all_times_is_no_regression_and_is_told(tmp_path) -> None:
    pairs = [f"same_{n}" for n in range(12)]
    base = stored(tmp_path, "base", {pair: passes(1.5) for pair in pairs})
    head = stored(tmp_path, "head", {pair: passes(1.5, out=1.4e-4) for pair in pairs})
    comparison = compare(*loaded(base, head), Limits())
    assert {judged.state for judged in comparison.cases} == {"unchanged"}
    assert set(comparison.first.shifts) == {(name, ("cpu", "retained", 2, 65536)) for name in TIMES}
    assert list(comparison.first.shifts.values()) == pytest.approx([0.336, 0.336], abs=0.03)


def test_out_of_place_faster_everywhere_alarms_and_says_what_moved(tmp_path) -> None:
    """It cannot be told from a machine that is slower for in-place alone."""
    pairs = [f"same_{n}" for n in range(12)]
    base = stored(tmp_path, "base", {pair: passes(1.5) for pair in pairs})
    head = stored(tmp_path, "head", {pair: passes(1.2, out=0.8 * TIME_S) for pair in pairs})
    comparison = compare(*loaded(base, head), Limits())
    assert {judged.state for judged in comparison.cases} == {"worse"}
    assert (
        "moved together, which is not judged: out-of-place -20\N{NO-BREAK SPACE}% at 64\N{NO-BREAK SPACE}Ki"
        in sentences.comparison_sentences(comparison)[-1]
    )


def test_every_alarm_may_be_measured_again(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(times, "SUSPECT_P", dict.fromkeys(times.SUSPECT_P, 1e-300))
    comparison = compare(*loaded(*both(tmp_path, [*(f"same_{n}" for n in range(12)), "speedup_falls"])), Limits())
    assert [judged.case.pair for judged in comparison.suspects] == ["speedup_falls"]


def test_too_few_cases_tell_no_drift_so_only_their_speedups_compare(tmp_path) -> None:
    comparison = compare(*loaded(*both(tmp_path, ["speedup_falls", "both_get_slower"])), Limits())
    assert {judged.case.pair: judged.state for judged in comparison.cases} == {
        "speedup_falls": "worse",
        "both_get_slower": "unchanged",
    }
    assert list(comparison.first.looks) == ["speedup"]


def test_another_machine_compares_bytes_alone(tmp_path) -> None:
    comparison = compare(*loaded(*both(tmp_path, **elsewhere(host="bench-2"))), Limits())
    assert comparison.relation.elsewhere == ("host bench-1 and bench-2",)
    by_bytes = {"a_byte_more", "a_byte_more_outofplace", "a_byte_less", "holds_more", "same_bytes"}
    by_name = {"works_again", "never_worked", "vanishes", "appears"}
    expected = {pair: NAMED[pair][2] if pair in by_bytes | by_name else "unresolved" for pair in NAMED}
    assert {judged.case.pair: judged.state for judged in comparison.cases} == expected
    assert all(change.quantity.endswith("bytes") for judged in comparison.cases for change in judged.changes)


def test_another_machine_may_have_another_heap_regime(tmp_path) -> None:
    base, head = both(tmp_path, ["a_byte_more", "same_bytes"], **elsewhere(cpu_model="Another"))
    journal = head / "measurements.jsonl"
    journal.write_text(journal.read_text().replace('"allocator":"retained"', '"allocator":"inherited"'))
    states = {judged.case.pair: judged.state for judged in compare(*loaded(base, head), Limits()).cases}
    assert states == {"a_byte_more": "worse", "same_bytes": "unchanged"}


def renamed(folder, pair: str, old: str, new: str) -> None:
    """Another value on an axis of one pair's lines."""
    journal = folder / "measurements.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    assert any(old in line for line in lines if f'"{pair}"' in line)
    journal.write_text("".join(line.replace(old, new) if f'"{pair}"' in line else line for line in lines))


def test_another_machine_may_lack_a_device(tmp_path) -> None:
    base, head = both(tmp_path, ["same_bytes", "vanishes"], **elsewhere(cpu_model="Another"))
    renamed(base, "vanishes", '"device":"cpu"', '"device":"cuda:0"')
    comparison = compare(*loaded(base, head), Limits())
    (judged,) = (judged for judged in comparison.cases if judged.case.pair == "vanishes")
    assert (judged.state, comparison.regressed) == ("unresolved", False)
    assert judged.reason == "HEAD, of another machine, measured nothing on cuda:0"


def test_another_machine_may_have_other_threads(tmp_path) -> None:
    base, head = both(tmp_path, ["a_byte_more", "same_bytes"], **elsewhere(cpu_model="Another"))
    for pair in ("a_byte_more", "same_bytes"):
        renamed(head, pair, '"threads":2', '"threads":8')
    states = {
        (judged.case.pair, judged.case.threads): judged.state for judged in compare(*loaded(base, head), Limits()).cases
    }
    assert states == {("a_byte_more", 2): "worse", ("same_bytes", 2): "unchanged"}
    renamed(base, "same_bytes", '"threads":2', '"threads":4')  # two numbers of threads: which is HEAD's?
    with pytest.raises(RecordError, match="no case in common"):
        compare(*loaded(base, head), Limits())


@pytest.mark.parametrize(("more", "state"), [(0, "unchanged"), (1, "worse"), (-1, "better")])
def test_bytes_of_a_case_that_fails_when_timed_are_compared(tmp_path, more: int, state: str) -> None:
    def weighed_alone(inplace: int):
        def append(folder, of, chance) -> None:
            append_bytes(folder, of, {"peak_bytes": 2 * N}, {"peak_bytes": inplace})
            failing("unsupported")(folder, of, chance)

        return append

    base, head = (stored(tmp_path, name, {"op": weighed_alone(n)}) for name, n in (("base", N), ("head", N + more)))
    (judged,) = compare(*loaded(base, head), Limits()).cases
    assert (judged.state, judged.reason) == (state, "unsupported in HEAD: as invented")
    assert {change.quantity: change.state for change in judged.changes}["inplace_peak_bytes"] == state


@pytest.mark.parametrize("seconds", [5e-324, 1e-300, 1e17])
def test_times_that_no_clock_tells_are_not_compared(tmp_path, seconds: float) -> None:
    names = [f"same_{number}" for number in range(12)]
    base = stored(tmp_path, "base", dict.fromkeys([*names, "absurd"], passes(1.5)))
    head = stored(tmp_path, "head", {**dict.fromkeys(names, passes(1.5)), "absurd": passes(1.5, out=seconds)})
    comparison = compare(*loaded(base, head), Limits())
    states = {judged.case.pair: judged.state for judged in comparison.cases}
    assert states == {**dict.fromkeys(names, "unchanged"), "absurd": "unresolved"}
    json.loads(as_json(comparison), parse_constant=pytest.fail)


def test_noise_beyond_all_numbers_never_alarms(tmp_path) -> None:
    def erratic(folder, of, chance) -> None:
        for number, seconds in enumerate((1e-12, 1e9, 1e-12, 1e9, 1e-12, 1e9), start=1):
            append_pair(folder, *timed(of, number, 1.5, times_s=(seconds,) * 4))

    names = [f"same_{number}" for number in range(12)]
    base, head = (
        stored(tmp_path, name, {**dict.fromkeys(names, passes(1.5)), "erratic": erratic}) for name in ("base", "head")
    )
    comparison = compare(*loaded(base, head), Limits())
    assert not comparison.regressed
    json.loads(as_json(comparison), parse_constant=pytest.fail)


def test_another_torch_is_what_is_asked_and_is_told(tmp_path) -> None:
    comparison = compare(*loaded(*both(tmp_path, **elsewhere(torch_version="2.14.0"))), Limits())
    assert comparison.relation.differing == (("torch_version", "2.13.0", "2.14.0"),)
    assert {j.case.pair: j.state for j in comparison.cases}["speedup_falls"] == "worse"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"method": None}, "does not tell its method"),
        ({"method": [1]}, "does not tell its method"),
        ({"state": "partial"}, "is partial and cannot be compared"),
    ],
)
def test_runs_that_may_not_meet(tmp_path, changes: dict, said: str) -> None:
    with pytest.raises(RecordError, match=said):
        compare(*loaded(*both(tmp_path, ["same_bytes"], **changes)), Limits())


def test_a_run_does_not_meet_itself_nor_its_copy(tmp_path) -> None:
    base, _ = both(tmp_path, ["same_bytes"])
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in base.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    for head in (base, copy):
        with pytest.raises(RecordError, match="are the same run"):
            compare(*loaded(base, head), Limits())


def test_runs_without_a_common_case_say_what_differs(tmp_path) -> None:
    base, head = both(tmp_path, ["same_bytes", "same_1"])
    journal = head / "measurements.jsonl"
    journal.write_text(journal.read_text().replace('"threads":2', '"threads":8'))
    with pytest.raises(RecordError, match=r"no case in common; they differ in threads \(2, 8\)"):
        compare(*loaded(base, head), Limits())


def test_names_that_print_alike_stay_apart(tmp_path) -> None:
    base = stored(tmp_path, "base", {"a\x00": passes(1.5), "a\x01": passes(1.5)})
    head = stored(tmp_path, "head", {"a\x01": passes(1.5)})
    states = {judged.case.pair: judged.state for judged in compare(*loaded(base, head), Limits()).cases}
    assert states == {"a\ufffd #ffe9aa": "vanished", "a\ufffd #6023e5": "unchanged"}


def test_what_vanished_fails_unless_it_may(tmp_path) -> None:
    runs = loaded(*both(tmp_path, ["same_1", "vanishes", "appears"]))
    assert compare(*runs, Limits()).regressed
    assert not compare(*runs, Limits(allow_vanished=True)).regressed
