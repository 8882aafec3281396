"""A user's pairs that break their promises are rows and are named; the others are measured."""

import pytest

from benchmarks.record.folder import read_journal, read_run
from tests.support import pair_files
from tests.support.commands import SMALL
from tests.support.forked import pytest_with_fork, run_with_forks
from tests.support.stored import folder_of, options

pytestmark = pytest.mark.slow
STATES = {
    "honest": ("ok", None),
    "writes_nothing": ("disagreed", "values differ between the variants, by up to"),
    "writes_both": ("disagreed", "the out-of-place variant writes its input"),
    "other_value": ("disagreed", "values differ between the variants, by up to"),
    "misspelled": ("unsupported", "'Tensor' object has no attribute 'nonsense'"),
    "exits": ("crashed", "SystemExit: 4"),
}
DISAGREE = [name for name, (state, _) in STATES.items() if state == "disagreed"]


@pytest.fixture(scope="module", params=["supervised", "by hand"])
def done(request, tmp_path_factory):
    """The finished command, the folder of its run, its file of pairs."""
    scratch = tmp_path_factory.mktemp("liars")
    pairs, out = scratch / "liars.py", scratch / "runs"
    pairs.write_text(pair_files.LIARS)
    if request.param == "supervised":
        return run_with_forks(*options(pairs, out, "--passes", "1"), scratch=scratch), folder_of(out), pairs
    given = ("-p", "no:hypothesispytest", *SMALL[:-2], "--numel", "1Ki", "--pairs", str(pairs), "--out", str(out))
    return pytest_with_fork(*given, scratch=scratch), folder_of(out), pairs


def test_the_command_ends_with_status_1_and_names_them(done):
    command, _, pairs = done
    assert command.returncode == 1
    lines = [line for line in (command.stderr + command.stdout).splitlines() if line.startswith(f"{pairs}: ")]
    said = dict(line.removeprefix(f"{pairs}: ").split(" (inference): ") for line in lines)
    assert sorted(said) == sorted(DISAGREE) and len(lines) == len(DISAGREE)
    assert all(said[name].startswith(STATES[name][1]) for name in DISAGREE)


def test_their_cases_are_rows_and_the_rest_is_measured(done):
    _, folder, _ = done
    assert read_run(folder)["state"] == "complete"
    rows = {}
    for measurement, _ in read_journal(folder):
        rows.setdefault(measurement.case.pair, []).append(measurement)
    assert rows.keys() == STATES.keys()
    for name, (state, reason) in STATES.items():
        for row in rows[name]:
            assert row.state == state and (row.reason or "").startswith(reason or "")
        cases = {row.case for row in rows[name]}
        assert state == "ok" or len(rows[name]) == len(cases), "what failed once is not tried again"
