"""`python -m analysis compare` as a user types it: output, files, exit status, one line for every mistake."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.cli import main
from benchmarks.record.folder import JOURNAL_FILE, RUN_FILE
from tests.analysis.command import analysis
from tests.analysis.gate.gated import NAMED, SAME, both, elsewhere, passes, stored
from tests.analysis.unreadable import a_file, foreign, newer, other_lines, torn
from tests.support.commands import ROOT


def said(capsys: pytest.CaptureFixture, *arguments: object) -> tuple[int, list[str], list[str]]:
    """Exit status, lines of output, lines of error."""
    try:
        status = main(["compare", *map(str, arguments)])
    except SystemExit as exit:  # argparse's
        status = exit.code
    out, err = capsys.readouterr()
    return status, out.splitlines(), err.splitlines()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return both(tmp_path_factory.mktemp("runs"))


def test_a_regression_is_one_and_is_told_worst_first(runs, capsys) -> None:
    status, out, err = said(capsys, *runs)
    assert (status, err) == (1, [])
    assert out[-1].startswith("Regression: 9 cases worse and 1 case vanished")
    rows = [line.split() for line in out if line.startswith(("worse", "vanished", "better"))]
    assert [row[1] for row in rows[:3]] == ["bytes_crash", "crashes", "disagrees"]
    assert {row[1] for row in rows} == {
        name for name, (*_, state) in NAMED.items() if state in {"worse", "vanished", "better"}
    }
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), key=["worse", "vanished", "better"].index)
    assert any(re.search(r"speedup_falls +inference, 64 Ki +speedup +1\.\d+x +1\.\d+x +-1\d %", line) for line in out)


def test_nothing_worse_is_zero(tmp_path, capsys) -> None:
    status, out, err = said(capsys, *both(tmp_path, SAME))
    assert (status, err) == (0, [])
    assert out[-2:] == [
        "0 worse, 0 vanished, 0 unresolved, 0 better, 12 unchanged, 0 new.",
        "No regression in 12 cases.",
    ]


@pytest.mark.slow
def test_suspects_come_with_the_command_that_measures_them_again(tmp_path, capsys) -> None:
    base, head = both(tmp_path, [*SAME, "speedup_falls"])
    _, out, _ = said(capsys, base, head)
    text = " ".join(out)
    assert (
        f"1 case is suspect and was not measured again; do so with: python -m analysis compare {base} {head} --confirm"
        in text
    )
    _, out, _ = said(capsys, base, head, "--speedup=0.03", "--allow-vanished", "--json", tmp_path / "gate.json")
    asked = f"compare {base} {head} --speedup=0.03 --allow-vanished --json={tmp_path / 'gate.json'} --confirm"
    assert asked in " ".join(out)
    again = stored(tmp_path, "again", dict.fromkeys([*SAME, "speedup_falls"], passes(1.5, count=12)))
    status, out, _ = said(capsys, base, head, "--confirmation", again)
    assert status == 0 and "confirmed by again" in out and "suspect and" not in " ".join(out)


def test_another_machine_is_said_and_decides_nothing(tmp_path, capsys) -> None:
    status, out, _ = said(capsys, *both(tmp_path, [*SAME, "speedup_falls"], **elsewhere(host="b", cpu_model="C")))
    assert status == 0
    assert (
        "Another machine (host bench-1 and b; cpu_model Invented CPU and C): bytes only, times are not compared." in out
    )


@pytest.mark.slow
def test_thresholds_are_options(tmp_path, capsys) -> None:
    base, head = both(tmp_path, [*SAME, "speedup_falls"])
    assert said(capsys, base, head)[0] == 1
    assert said(capsys, base, head, "--speedup", "0.2", "--time=0.3")[0] == 0
    base, head = both(tmp_path / "other", ["same_1", "vanishes"])
    assert said(capsys, base, head)[0] == 1
    assert said(capsys, base, head, "--allow-vanished")[0] == 0


def test_the_files_hold_all_of_it(runs, tmp_path, capsys) -> None:
    markdown, data = tmp_path / "new" / "summary.md", tmp_path / "gate.json"
    status, _, _ = said(capsys, *runs, "--markdown", markdown, "--json", data)
    text = markdown.read_text()
    assert text.startswith("**Regression: 9 cases worse") and "<details><summary>1 are new" in text
    content = json.loads(data.read_text(), parse_constant=pytest.fail)
    assert content["regressed"] is True and content["times_compared"] is True and status == 1
    assert {case["pair"]: case["state"] for case in content["cases"]} == {pair: NAMED[pair][2] for pair in NAMED}
    fallen = next(case for case in content["cases"] if case["pair"] == "speedup_falls")
    speedup = next(change for change in fallen["changes"] if change["quantity"] == "speedup")
    assert speedup["ratio"] == pytest.approx(1.3 / 1.5, rel=0.02)
    assert speedup["ratio_low"] < speedup["ratio"] < speedup["ratio_high"] and speedup["suspect"]


@pytest.mark.slow
def test_a_summary_of_many_cases_stays_small(tmp_path, capsys) -> None:
    names = {f"pair {number} {'x' * 40}": passes(1.5, count=3) for number in range(1500)}
    base, head = stored(tmp_path, "base", names), stored(tmp_path, "head", {"pair 0 " + "x" * 40: passes(1.5, count=3)})
    status, out, _ = said(capsys, base, head, "--markdown", tmp_path / "summary.md")
    assert status == 1 and len(out) < 30 and "and 1,489 more vanished" in out
    assert (tmp_path / "summary.md").stat().st_size <= 60 * 1024


HOSTILE = "<script>|`x`\x1b[31m\u202e](http://a.b)@all" + "y" * 300


def test_hostile_names_stay_text(tmp_path, capsys) -> None:
    names = {HOSTILE: passes(1.5), "same": passes(1.5)}
    base, head = stored(tmp_path, "base", names), stored(tmp_path, "head", {"same": passes(1.5)})
    status, out, err = said(capsys, base, head, "--markdown", tmp_path / "m.md", "--json", tmp_path / "j.json")
    assert (status, err) == (1, [])
    assert "\x1b" not in "".join(out) and max(map(len, out)) < 250
    text = (tmp_path / "m.md").read_text()
    assert not [part for part in ("<script", "\x1b", "\u202e", "://", "@all") if part in text]
    json.loads((tmp_path / "j.json").read_text())


def empty(parent: Path) -> Path:
    return stored(parent, "empty", {})


def half(parent: Path) -> Path:
    return stored(parent, "half", {"same_1": passes(1.5)}, state="partial")


def nothing_common(parent: Path) -> Path:
    return stored(parent, "other", {"other": passes(1.5)})


@pytest.mark.parametrize("place", [0, 1], ids=["BASE", "HEAD"])
@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda parent: parent / "missing", "not a run"),
        (a_file, "not a run"),
        (torn, "cannot be read"),
        (newer, "record version 99"),
        (foreign, "not a run of this suite"),
        (other_lines, f"{JOURNAL_FILE}:1"),
        (empty, "no measurements"),
        (half, "is partial and cannot be compared"),
        (nothing_common, "no case in common"),
    ],
)
def test_a_run_that_cannot_be_compared_is_one_line(tmp_path, capsys, make, line: str, place: int) -> None:
    good, bad = stored(tmp_path, "good", {"same_1": passes(1.5)}), make(tmp_path)
    status, out, err = said(capsys, *((bad, good) if place == 0 else (good, bad)))
    assert (status, out, len(err)) == (2, [], 1)
    assert line in err[0]


@pytest.mark.parametrize(
    "options",
    [
        ["--speedup", "5"],
        ["--speedup", "nan"],
        ["--time", "0"],
        ["--alpha", "-1"],
        ["--alpha", "x"],
        ["--confirm", "--confirmation", "x"],
        ["--no-such"],
    ],
)
def test_a_wrong_option_is_one_line(runs, capsys, options: list) -> None:
    status, out, err = said(capsys, *runs, *options)
    assert (status, out, len(err)) == (2, [], 1)


@pytest.mark.parametrize("arguments", [(), ("one",), ("", ""), ("a", " ")])
def test_two_runs_are_named(capsys, arguments: tuple) -> None:
    status, out, err = said(capsys, *arguments)
    assert (status, out, len(err)) == (2, [], 1)


@pytest.mark.slow
def test_files_that_cannot_be_written_are_one_line(runs, tmp_path, capsys) -> None:
    for option in ("--markdown", "--json"):
        status, out, err = said(capsys, *runs, option, a_file(tmp_path) / "x")
        assert (status, out, len(err)) == (2, [], 1) and "cannot be written" in err[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "facts",
    [
        {"machine": {"host": ["x"], "cpu_model": {"a": 1}, "gpus": 3, "cores_physical": "many"}},
        {"options": 3, "budget": [1], "passes": "none", "thresholds": None, "start": 5},
        {"machine": {}},
    ],
)
def test_senseless_facts_are_no_traceback(tmp_path, capsys, facts: dict) -> None:
    base, head = both(tmp_path, [*SAME, "speedup_falls"])
    (head / RUN_FILE).write_text(json.dumps({**json.loads((head / RUN_FILE).read_text()), **facts}))
    status, out, err = said(capsys, base, head)
    assert status in (0, 1, 2) and len(err) <= 1
    if "machine" in facts:
        assert any(line.startswith("Another machine (") for line in out)


@pytest.mark.slow
def test_what_is_damaged_is_told(tmp_path, capsys) -> None:
    base, head = both(tmp_path, SAME)
    with (head / JOURNAL_FILE).open("a") as journal:
        journal.write('{"torn')
    status, out, _ = said(capsys, base, head, "--speedup=0.025")
    text = " ".join(out).replace("\u00a0", " ")
    assert status == 0 and "HEAD is damaged: 1 torn line could not be used." in text
    assert "speedups from 2.5 %, times from 10 %" in text


@pytest.mark.slow
def test_a_reader_who_leaves_does_not_open_the_gate(tmp_path) -> None:
    base, head = both(tmp_path, ["same_bytes", "a_byte_more"])
    command = [sys.executable, "-u", "-m", "analysis", "compare", str(base), str(head)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        process.stdout.close()
        assert process.wait(60) == 1 and process.stderr.read() == b""


@pytest.mark.slow
def test_as_a_process_of_its_own(tmp_path) -> None:
    base, head = both(tmp_path, ["same_bytes", "a_byte_more"])
    result = analysis("compare", base, head, where=tmp_path)
    assert (result.returncode, result.stderr) == (1, "")
    assert "+1 B" in result.stdout.replace("\u00a0", " ")
