"""The presets on a simulated GPU: every case ends with times or a true reason, behind short spins, within the estimate.

Left out: compiled scenarios and fused optimizers, which need a GPU to be built; scales beyond a scenario's usual one,
and its phase forward, which is half of its step; the checks and bytes of the memory pass. Key-value caches are built
with few tokens, which are launches enough.
"""

import random
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks.catalogue.scenarios import Scenario, topic_of
from benchmarks.catalogue.select import select_families
from benchmarks.measure import cuda_clock
from benchmarks.measure import rounds as rounds_module
from benchmarks.measure.cuda_clock import LONG_LAUNCH, LONGEST_SPIN_S, SYNCHRONISES, CudaClock
from benchmarks.measure.gpu import Monitor
from benchmarks.measure.rounds import FEWEST, Budget, Rounds, run_rounds
from benchmarks.planning.axes import Axes, cross
from benchmarks.planning.estimate import timed_case_s
from benchmarks.planning.presets import COMPILED, PRESETS
from benchmarks.record import VARIANTS, Case
from tests.measure.launches import Launches, launches_of, program_of
from tests.measure.simulated_card import QUEUE_DEPTH
from tests.measure.simulated_gpu import SimulatedGpu

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:index_reduce:UserWarning")]

GPU = Axes(devices=("cuda:0",), threads=(16,))
FUSED = ("sgd_fused", "adam_fused")
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


def cases_of(preset: str, known: dict[Case, Launches]) -> tuple[list[tuple[Launches, float, Case]], list[Case]]:
    """Each CUDA case of a preset that can be built here with its launches; and those that cannot."""
    families = select_families(None)
    pairs = {pair.name: pair for each in families.values() for pair in each}
    found, left_out = [], []
    for case in cross(families, PRESETS[preset], GPU):
        pair = pairs[case.pair]
        covered = isinstance(pair, Scenario) and (case.scale != pair.scales_on("cuda")[0] or case.phase == "forward")
        if case.pair in FUSED or topic_of(case.pair) in COMPILED or covered:
            left_out.append(case)
            continue
        built = case
        if isinstance(pair, Scenario) and case.pair in CACHES:
            built = replace(case, scale=FEW_TOKENS, shape=pair.shape_at(FEW_TOKENS, "cuda"))
        found.append((*launches_of(pair, built, known), case))
    return found, left_out


@pytest.mark.parametrize(("preset", "left_out"), [("smoke", 1), ("quick", 27)])
def test_every_case_of_a_preset_ends_in_time_behind_short_spins(monkeypatch, known, preset, left_out):
    chosen = PRESETS[preset]
    cases, not_built = cases_of(preset, known)
    assert len(cases) > 270 and len(not_built) == left_out, "most are looked at"
    bench = Bench(monkeypatch, Budget(chosen.gpu_seconds, chosen.precision))
    seen, took_s, unheld = {}, 0.0, {SYNCHRONISES: set(), LONG_LAUNCH: set()}
    for launches, scale, case in cases:
        timed = [launches.timed(variant, case.phase) for variant in VARIANTS]
        # Ops that launch alike are simulated once: a kernel's name decides nothing but its first use.
        alike = (_unnamed(launches), launches.input_bytes * scale, case.phase)
        if alike not in seen:
            seen[alike] = bench.time(launches, scale, case.phase)
        made, reason, case_s = seen[alike]
        took_s += case_s
        for variant, its_launches in zip(VARIANTS, timed, strict=True):
            times = made.times_s[variant]
            assert len(times) >= 2 * FEWEST and (min(times) > 0) == bool(its_launches), case
        waits = any(launch.waits for each in timed for launch in each)
        fills_queue = max(map(len, timed)) >= QUEUE_DEPTH  # behind the spin, which is one
        assert reason == (SYNCHRONISES if waits else LONG_LAUNCH if fills_queue else None), case
        if reason:
            unheld[reason].add(case.pair)
    assert took_s <= sum(timed_case_s(case, chosen.gpu_seconds) for *_, case in cases)
    assert max(bench.gpu.spins_s) <= LONGEST_SPIN_S
    assert {"kv_append", "lstm_gates_sliced"} <= unheld[LONG_LAUNCH]
    assert preset == "smoke" or {*CACHES, "gru_gates"} <= unheld[LONG_LAUNCH]
    assert unheld[SYNCHRONISES] == ({"cumprod"} if preset == "quick" else set())


def _unnamed(launches: Launches) -> tuple:
    parts = [part for variant in VARIANTS for part in (launches.call[variant], launches.backward[variant])]
    return tuple(part and tuple((launch.waits, launch.nbytes) for launch in part) for part in parts)
