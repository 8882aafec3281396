"""How long a run takes on a GPU: an upper estimate from counts and stated constants, to choose presets that fit.

The constants are for a data centre GPU (H200) and are derived, not measured: the start of a pass's process, and a
case's time besides its rounds.
"""

from collections.abc import Iterable

from benchmarks.record import Case

#: Importing torch, making the context, collecting the cases, and the ceilings. The host's part has become shorter
#: since; the GPU's part has not been measured, so the figure stays.
PASS_START_S = 9.0
#: Preparing an op's case: inputs, first uses of its kernels, calibrating the spin, finding how many calls fit a round.
PREPARE_S = 0.02
#: The same for backward: also graphs recorded untimed, and the engine's thread.
GRADIENT_S = 0.08
#: Rounds may take their time twice (`measure.rounds.OVERRUN`).
OVERRUN = 2
#: The check that both variants agree, and the calls whose bytes are counted.
CHECK_S = 0.03
#: A scenario, besides its rounds: both models built, and calls of milliseconds.
SCENARIO_S = 0.7


def timed_case_s(case: Case, gpu_seconds: float) -> float:
    """Seconds of one case in a timed pass."""
    return _prepared_s(case) + OVERRUN * gpu_seconds


def weighed_case_s(case: Case) -> float:
    """Seconds of one case in the memory pass."""
    return _prepared_s(case) + CHECK_S


def gpu_run_s(cases: Iterable[Case], passes: int, gpu_seconds: float) -> float:
    """Seconds of a memory pass and `passes` timed ones over the cases of a GPU; CPU cases are left out."""
    on_gpu = [case for case in cases if case.device != "cpu"]
    memory_s = PASS_START_S + sum(map(weighed_case_s, on_gpu))
    return memory_s + passes * (PASS_START_S + sum(timed_case_s(case, gpu_seconds) for case in on_gpu))


def _prepared_s(case: Case) -> float:
    gradient_s = GRADIENT_S if case.phase in ("backward", "step") else 0.0
    return PREPARE_S + gradient_s + (SCENARIO_S if case.scale else 0.0)
