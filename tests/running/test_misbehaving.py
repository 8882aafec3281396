"""Whatever a pair does costs its own case: a row with its reason and its variant, and the others lose nothing."""

import re
import sys

import psutil
import pytest

from benchmarks.record import OK
from benchmarks.record.folder import read_run
from tests.running.misbehaving import CHANGES, CUTS_OFF, ENDS, HARMLESS, HONEST, LEFT, SURVIVES, text_of
from tests.support.forked import ForkedCommand
from tests.support.stored import folder_of, options, planned, stored

pytestmark = pytest.mark.slow
CHANGED = "changed for the cases after it: .*"
RAN = r" \(in-place was running\)$"

ROWS = {name: (state, f"^{reason}.*{RAN}") for name, (_, state, reason) in {**ENDS, **SURVIVES}.items()}
ROWS |= {name: ("crashed", f"^{CHANGED}{reason}") for name, (_, reason) in CHANGES.items()}
ROWS |= {name: ("crashed", f"^{reason}$") for name, (_, reason) in CUTS_OFF.items()}
#: The runs by the actions of their pairs.
RUNS = {
    "none": {},
    "ends": {name: action for name, (action, *_) in ENDS.items()},
    "changes": {name: action for name, (action, _) in {**CHANGES, **CUTS_OFF}.items()},
    "survives": {name: action for name, (action, *_) in SURVIVES.items()} | HARMLESS,
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folder of each run."""

    def begun(name):
        scratch = tmp_path_factory.mktemp(name)
        (scratch / "pairs.py").write_text(text_of(RUNS[name]))
        given = options(scratch / "pairs.py", scratch / "runs", "--passes", "1", "--case-limit", "3")
        return ForkedCommand(*given, scratch=scratch), scratch / "runs"

    def ended(process, out):
        with process:
            _, said = process.communicate()
        assert process.returncode == 0, said
        return folder_of(out)

    waits = begun("ends")  # for what hangs
    return {name: ended(*begun(name)) for name in RUNS if name != "ends"} | {"ends": ended(*waits)}


def rows_of(folder, pair):
    return {out.kind: (out, into) for (case, *_), (out, into) in stored(folder).items() if case.pair == pair}


@pytest.mark.parametrize("kind", ROWS)
def test_it_is_a_row_with_its_reason_and_its_variant(folders, kind):
    (run,) = [name for name, actions in RUNS.items() if kind in actions]
    rows = rows_of(folders[run], kind)
    assert list(rows) == ["memory"], "and it is not tried again"
    state, reason = ROWS[kind]
    for measurement in rows["memory"]:
        assert measurement.state == state and re.search(reason, measurement.reason), measurement.reason
        assert len(measurement.reason) < 2_000 and measurement.reason.isprintable()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans over")
def test_nothing_that_they_started_is_left(folders):
    assert not [each.pid for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == LEFT]


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_harms_nobody_is_measured(folders, kind):
    rows = rows_of(folders["survives"], kind)
    assert {name: out.state for name, (out, _) in rows.items()} == {"memory": OK, "time": OK}


@pytest.mark.parametrize("run", RUNS)
def test_honest_cases_around_them_are_whole_and_equal(folders, run):
    folder = folders[run]
    assert read_run(folder)["state"] == "complete"
    for pair in HONEST:
        rows, alone = rows_of(folder, pair), rows_of(folders["none"], pair)
        assert [(out.state, into.state) for out, into in rows.values()] == [(OK, OK)] * 2
        assert all(len(measurement.times_s) >= 4 for measurement in rows["time"])
        for one, other in zip(rows["memory"], alone["memory"], strict=True):
            assert (one.peak_bytes, one.held_bytes, one.step_peak_bytes) == (
                other.peak_bytes,
                other.held_bytes,
                other.step_peak_bytes,
            )
    failed = {case for (case, *_), (out, _) in stored(folder).items() if out.state != OK}
    assert {key for key in planned(folder) if key[0] not in failed} <= set(stored(folder))
