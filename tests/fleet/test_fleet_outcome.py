"""What the kill experiments look for is found where it is: two processes at once on a machine, an end out of turn."""

import json
import os
import subprocess
import sys

import pytest

from tests.fleet.fleet_outcome import FleetOutcome, overlaps, unordered_tries
from tests.own_machine.slot_stamps import STAMPS, stamped
from tests.support.commands import ROOT


def machine_of(folder, spans):
    """A machine whose processes began and ended so, in seconds."""
    (folder / STAMPS).mkdir(parents=True)
    for number, (began_s, last_s) in enumerate(spans):
        file = folder / STAMPS / f"{int(began_s * 1e9)}-{number}"
        file.touch()
        os.utime(file, (last_s, last_s))
    return folder


SPANS = [
    (((1.0, 2.0), (2.5, 3.0)), 0),
    (((1.0, 2.0), (1.5, 3.0)), 1),
    (((1.0, 9.0), (2.0, 3.0), (4.0, 5.0)), 2),  # one that was killed and went on
    ((), 0),
]


@pytest.mark.parametrize("spans, count", SPANS)
def test_processes_that_met_are_found_by_their_own_stamps(tmp_path, spans, count):
    outcome = FleetOutcome()
    assert len(overlaps(machine_of(tmp_path / "m", spans), outcome)) == count and outcome.processes == len(spans)


BEGAN, ENDED = "began_s", "ended_s"
ROWS = [
    ([(BEGAN, "a", 1), (ENDED, "a", 2), (BEGAN, "b", 3), (ENDED, "b", 4)], 0),
    ([(BEGAN, "a", 1), (BEGAN, "a", 3), (ENDED, "a", 4)], 0),  # the first one's worker was killed
    ([(BEGAN, "a", 1), (BEGAN, "a", 2), (ENDED, "a", 3), (ENDED, "a", 4)], 1),  # one shard, twice at once
    ([(BEGAN, "a", 1), (BEGAN, "b", 2), (ENDED, "a", 3)], 1),
    ([(BEGAN, "a", 3), (ENDED, "a", 2)], 1),
]


@pytest.mark.parametrize("rows, count", ROWS)
def test_an_end_that_is_not_of_the_last_begin_is_found(tmp_path, rows, count):
    lines = [json.dumps({"folder": folder, "slot": "cpu", event: moment}) for event, folder, moment in rows]
    (tmp_path / "tries.jsonl").write_text("\n".join(lines))
    assert len(unordered_tries(tmp_path, FleetOutcome())) == count


def test_a_process_stamps_itself_to_its_end(tmp_path):
    own = str(ROOT / "tests/own_machine")
    code = f"import sys, pathlib, time, os; sys.path.append({own!r}); from slot_stamps import stamp"
    code += f"; stamp(pathlib.Path({str(tmp_path)!r})); time.sleep(0.3); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    ((began_s, last_s),) = stamped(tmp_path)
    assert 0.15 < last_s - began_s < 5.0


def test_without_a_process_that_was_seen_nothing_counts_as_unharmed():
    assert not FleetOutcome(shards=3).unharmed and FleetOutcome(shards=3, processes=3).unharmed
