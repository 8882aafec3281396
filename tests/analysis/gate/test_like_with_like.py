"""Times of a GPU meet only where both runs measured them alike; the gate says why they do not."""

import json
from pathlib import Path

import pytest

from analysis.gate import sentences
from analysis.gate.change import Limits
from analysis.gate.ci_files import as_json, gate_markdown
from analysis.gate.compare import Comparison, compare, with_confirmation
from analysis.run.load import StoredRun, load_run
from benchmarks.record import RecordError
from tests.analysis.invented import MACHINE, append_bytes, append_times, around, case, empty_run
from tests.analysis.invented_gpu import append_gpu_times
from tests.analysis.invented_gpu import gpu_case as on_gpu

pytestmark = pytest.mark.slow  # two runs a test

GPU = {"name": "Invented GPU", "driver": "580.1", "memory_bytes": 2**37, "compute_capability": "9.0"}
FAST, SLOW = around(2.0, 0.005), around(0.5, 0.005)
UNHELD = {"held": False, "unheld_reason": "synchronises"}
KEPT, DROPPED = {"throttled_blocks": 2, "dropped_blocks": 0}, {"throttled_blocks": 5, "dropped_blocks": 5}


def stored(parent: Path, name: str, speedups: list[float], of_gpu: dict | None = None, **timed: object) -> StoredRun:
    """A run of one op on a CPU and on a GPU; `timed`: how the GPU's rounds were made."""
    machine = {**MACHINE, "gpus": [{**GPU, **(of_gpu or {})}]}
    folder = empty_run(parent, name, machine=machine, label=name)
    append_times(folder, case("relu"), around(1.5, 0.005))
    append_gpu_times(folder, on_gpu("relu"), speedups, **timed)
    append_bytes(folder, on_gpu("relu"), {"peak_bytes": 8}, {"peak_bytes": 4})
    return load_run(folder)


def on_the_gpu(comparison: Comparison) -> tuple[str, str, set[str]]:
    """State, reason and what was compared of the GPU's case."""
    judged = next(each for each in comparison.cases if each.case.device == "cuda:0")
    return judged.state, judged.reason, {change.quantity for change in judged.changes}


BYTES = {"outofplace_peak_bytes", "inplace_peak_bytes"}


@pytest.mark.parametrize(
    ("base", "head", "reason"),
    [
        ({}, UNHELD, "timed is the device alone in BASE, device and host together in HEAD"),
        (UNHELD, {}, "timed is device and host together in BASE, the device alone in HEAD"),
        ({}, {"cache": "streamed"}, "inputs hot in BASE, streamed in HEAD"),
        ({}, KEPT, "throttled in HEAD"),
        (KEPT, KEPT, "throttled in BASE and HEAD"),
        ({}, {**KEPT, "cache": "streamed"}, "inputs hot in BASE, streamed in HEAD, throttled in HEAD"),
    ],
    ids=["no-longer-held", "held-now", "another-cache", "throttled", "both-throttled", "two-reasons"],
)
def test_what_was_not_measured_alike_is_not_judged_and_says_why(tmp_path: Path, base: dict, head: dict, reason: str):
    runs = stored(tmp_path, "base", FAST, **base), stored(tmp_path, "head", SLOW, **head)
    comparison = compare(*runs, Limits())
    assert on_the_gpu(comparison) == ("unresolved", f"times do not compare: {reason}", BYTES)
    assert not comparison.regressed and f"times do not compare: {reason}" in gate_markdown(comparison)


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (UNHELD, {**UNHELD, "unheld_reason": "long launch"}),
        ({"cache": "streamed"}, {"cache": "streamed"}),
        (DROPPED, {}),
        ({"held": None, "cache": None, "throttled_blocks": None}, {}),
    ],
    ids=["both-unheld", "both-streamed", "throttled-blocks-dropped", "not-told"],
)
def test_what_was_measured_alike_is_judged(tmp_path: Path, base: dict, head: dict) -> None:
    runs = stored(tmp_path, "base", FAST, **base), stored(tmp_path, "head", SLOW, **head)
    state, reason, quantities = on_the_gpu(compare(*runs, Limits()))
    assert (state, reason) == ("worse", "") and quantities > BYTES


@pytest.mark.parametrize(
    ("of_gpu", "what"),
    [
        ({"driver": "590.1"}, "driver"),
        ({"power_limit_w": 500.0}, "power limit"),
        ({"driver": None, "power_limit_w": 500.0}, "driver and power limit"),
    ],
)
def test_another_driver_or_power_limit_compares_bytes_there_and_times_elsewhere(
    tmp_path: Path, of_gpu: dict, what: str
) -> None:
    base = stored(tmp_path, "base", FAST, {"power_limit_w": 700.0})
    comparison = compare(base, stored(tmp_path, "head", SLOW, {"power_limit_w": 700.0, **of_gpu}), Limits())
    assert on_the_gpu(comparison) == ("unchanged", "", BYTES)
    on_cpu = next(each for each in comparison.cases if each.case.device == "cpu")
    assert "speedup" in {change.quantity for change in on_cpu.changes}
    said = sentences.comparison_sentences(comparison)
    assert f"cuda:0 has another {what} in HEAD: bytes only there." in said
    assert not any(line.startswith("Method") for line in said)
    assert json.loads(as_json(comparison))["times_compared"] is True


def test_a_confirmation_that_was_not_measured_alike_confirms_nothing(tmp_path: Path) -> None:
    base, head = stored(tmp_path, "base", FAST), stored(tmp_path, "head", SLOW)
    first = compare(base, head, Limits())
    (suspect,) = first.suspects
    assert suspect.case.device == "cuda:0"
    found = with_confirmation(first, stored(tmp_path, "again", SLOW, **UNHELD))
    (change,) = [each for judged in found.cases for each in judged.changes if each.suspect]
    assert change.note == "the confirmation did not measure it"
    with pytest.raises(RecordError, match=r"confirms nothing, its cuda:0 has another driver than HEAD's$"):
        with_confirmation(first, stored(tmp_path, "elsewhere", SLOW, {"driver": "590.1"}))
