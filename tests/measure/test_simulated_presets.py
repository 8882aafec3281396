"""The presets on a simulated GPU: every case ends with times or a true reason, behind short spins, within the estimate.

Key-value caches are built with few tokens, which are launches enough.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks.catalogue.scenarios import Scenario
from benchmarks.catalogue.select import select_families
from benchmarks.measure import cuda_clock
from benchmarks.measure import rounds as rounds_module
from benchmarks.measure.cuda_clock import LONG_LAUNCH, LONGEST_SPIN_S, SYNCHRONISES, CudaClock
from benchmarks.measure.gpu import Monitor
from benchmarks.measure.rounds import FEWEST, Budget, Rounds, run_rounds
from benchmarks.planning.axes import Axes, cross
from benchmarks.planning.estimate import timed_case_s
from benchmarks.planning.presets import PRESETS
from benchmarks.record import VARIANTS, Case
from tests.measure.launches import Launch, Launches, launches_of, program_of
from tests.measure.simulated_card import QUEUE_DEPTH, Kernel
from tests.measure.simulated_gpu import SimulatedGpu

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:index_reduce:UserWarning")]

GPU = Axes(devices=("cuda:0",), threads=(16,))
FEW_TOKENS = 128
CACHES = ("kv_slice", "kv_index_copy", "kv_static", "kv_chunks", "kv_window")


@pytest.fixture(scope="module")
def known() -> dict[Case, Launches]:
    """The launches that were counted for one preset serve the next."""
    return {}


class Bench:
    """One pass over cases on a simulated GPU, timed by the suite's own clock and rounds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, budget: Budget) -> None:
        self.gpu = SimulatedGpu(l2_bytes=50 * 2**20)  # an H200's
        monkeypatch.setattr(cuda_clock, "time", SimpleNamespace(perf_counter_ns=self.gpu.now_ns))
        monkeypatch.setattr(rounds_module, "time", SimpleNamespace(perf_counter=lambda: self.gpu.host_ns * 1e-9))
        self._clock = CudaClock("cuda:0", self.gpu, Monitor("cuda:0", self.gpu, self.gpu.nvml))
        self._budget = budget

    def time(self, launches: Launches, scale: float, phase: str) -> tuple[Rounds, str | None, float]:
        """What a case came to: its rounds, why it was not held, and the seconds that it took."""
        subjects = {}
        for variant in VARIANTS:
            backward = launches.backward[variant]
            subjects[variant] = self.gpu.subject(
                program_of(launches.call[variant], scale),
                None if backward is None else program_of(backward, scale),
                round(launches.input_bytes * scale),
            )
        began_ns = self.gpu.host_ns
        made = run_rounds(subjects, phase, self._clock, self._budget, random.Random(0))
        return made, self._clock.unheld, (self.gpu.host_ns - began_ns) * 1e-9


def cases_of(preset: str, known: dict[Case, Launches]) -> list[tuple[Launches, float, Case]]:
    """Each CUDA case of a preset with its launches."""
    families = select_families(None)
    pairs = {pair.name: pair for each in families.values() for pair in each}
    found = []
    for case in cross(families, PRESETS[preset], GPU):
        pair, built = pairs[case.pair], case
        if isinstance(pair, Scenario) and case.pair in CACHES:
            assert case.scale >= FEW_TOKENS
            built = replace(case, scale=FEW_TOKENS, shape=pair.shape_at(FEW_TOKENS, "cuda"))
        found.append((*launches_of(pair, built, known), case))
    return found


@pytest.mark.parametrize(("preset", "count"), [("smoke", 280), ("quick", 858)])
def test_every_case_of_a_preset_ends_in_time_behind_short_spins(monkeypatch, known, preset, count):
    chosen = PRESETS[preset]
    cases = cases_of(preset, known)
    assert len(cases) == count
    bench = Bench(monkeypatch, Budget(chosen.gpu_seconds, chosen.precision))
    seen, took_s, unheld = {}, 0.0, {SYNCHRONISES: set(), LONG_LAUNCH: set()}
    for launches, scale, case in cases:
        timed = [launches.timed(variant, case.phase) for variant in VARIANTS]
        # Ops that launch alike are simulated once: a kernel's name decides nothing but its first use.
        alike = (_unnamed(launches), launches.input_bytes * scale, case.phase)
        if alike not in seen:
            seen[alike] = (*bench.time(launches, scale, case.phase), _expected_reason(timed))
        made, reason, case_s, expected = seen[alike]
        took_s += case_s
        for variant, its_launches in zip(VARIANTS, timed, strict=True):
            times = made.times_s[variant]
            assert len(times) >= 2 * FEWEST and (min(times) > 0) == bool(its_launches), case
        assert reason == expected, case
        if reason:
            unheld[reason].add(case.pair)
    assert took_s <= sum(timed_case_s(case, chosen.gpu_seconds) for *_, case in cases)
    assert max(bench.gpu.spins_s) <= LONGEST_SPIN_S
    assert {"kv_append", "lstm_gates_sliced"} <= unheld[LONG_LAUNCH]
    assert preset == "smoke" or {*CACHES, "gru_gates"} <= unheld[LONG_LAUNCH]
    assert unheld[SYNCHRONISES] == ({"cumprod", "outputs_written"} if preset == "quick" else set())


def _expected_reason(timed: Sequence[Sequence[Launch]]) -> str | None:
    """Why calls of such launches cannot be held."""
    filling = [each for each in timed if len(each) >= QUEUE_DEPTH]  # behind the spin, which is one
    if any(launch.waits for each in timed for launch in each) or any(map(_waits_for_its_queue, filling)):
        return SYNCHRONISES
    return LONG_LAUNCH if filling else None


def _waits_for_its_queue(launches: Sequence[Launch]) -> bool:
    """Whether the host waits in a call for the queue that the call itself has filled: a wait with no spin before it."""
    gpu = SimulatedGpu(lacking=["lazy loading", "clock ramp"])
    program = program_of(launches, 1.0)
    gpu.run(program)
    return gpu.host_ns > sum(step.host_ns for step in program if isinstance(step, Kernel))


def _unnamed(launches: Launches) -> tuple:
    parts = [part for variant in VARIANTS for part in (launches.call[variant], launches.backward[variant])]
    return tuple(part and tuple((launch.waits, launch.nbytes) for launch in part) for part in parts)
