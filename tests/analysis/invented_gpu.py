"""Invented runs on a GPU, with two times per call: the device's and the host's."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.record import Case
from benchmarks.record.folder import append_pair
from tests.analysis.invented import (
    MACHINE,
    TIME_S,
    append_bytes,
    append_failure,
    around,
    case,
    declaration,
    empty_run,
    expecting,
    growing,
    scenario_case,
    timed,
)

GPU = {"name": "Invented GPU", "driver": "580.1", "memory_bytes": 2**37, "compute_capability": "9.0"}
GPU_MACHINE = {**MACHINE, "gpus": [GPU]}


#: Seconds per call of a kernel that is over before its host has queued the next one.
SHORT_S = 2e-6


def gpu_case(pair: str, **fields: object) -> Case:
    """A case of `pair` on the first GPU."""
    return case(pair, **{"device": "cuda:0", "allocator": "caching", **fields})


def append_gpu_times(
    folder: Path, of: Case, speedups: Sequence[float], host_s: tuple[float, float] = (8e-6, 6e-6), **fields: object
) -> None:
    """One timed pass per speedup of the device; `host_s`: the host's seconds per call, out-of-place and in-place."""
    of_gpu = {"held": True, "cache": "hot", "throttled_blocks": 0, "page_faults": None, **fields}
    for number, speedup in enumerate(speedups, start=1):
        out, into = timed(of, number, speedup, **of_gpu)
        pair = zip((out, into), host_s, strict=True)
        append_pair(folder, *(replace(each, host_times_s=(s,) * len(each.times_s)) for each, s in pair))


def gpu_run(parent: Path) -> Path:
    """A run on a GPU whose pairs are named after the expected answer of the analysis."""
    folder = empty_run(parent, machine=GPU_MACHINE)
    small, same = {"numel": 1024}, around(1.0, 0.005)
    short: dict[str, Any] = {"times_s": (SHORT_S,) * 4}
    append_gpu_times(folder, gpu_case("host_bound", **small), same, **short)
    append_gpu_times(folder, gpu_case("host_bound_and_slower", **small), same, (6e-6, 9e-6), **short)
    append_gpu_times(folder, gpu_case("host_bound_out_of_place_only", **small), same, times_s=(7e-6,) * 4)
    append_gpu_times(folder, gpu_case("host_bound_in_few_passes", **small), same[:5], **short)
    append_gpu_times(folder, gpu_case("device_bound"), around(1.2, 0.005))
    append_gpu_times(folder, gpu_case("streamed", numel=2**26), around(1.2, 0.005), cache="streamed")
    append_gpu_times(folder, gpu_case("little_signal"), same, floor_s=TIME_S / 1.3)
    unheld = {"held": False, "unheld_reason": "synchronises"}
    append_gpu_times(folder, gpu_case("synchronises"), same, (2e-4, 2e-4), **unheld)
    append_gpu_times(folder, gpu_case("long_launch"), same, **{**unheld, "unheld_reason": "long launch"})
    append_gpu_times(folder, gpu_case("held_in_some_passes"), same)
    append_gpu_times(folder, gpu_case("held_in_some_passes"), same[:3], **unheld)  # the last lines of a pass count
    append_gpu_times(folder, gpu_case("throttled"), same, throttled_blocks=5)
    append_gpu_times(folder, gpu_case("throttled_throughout"), same, throttled_blocks=2)
    append_gpu_times(folder, gpu_case("crashed"), same[:6])
    append_failure(folder, gpu_case("crashed"), "crashed", "killed by signal 9", pass_number=7)
    append_bytes(folder, gpu_case("device_bound"), {"peak_bytes": 8 * 65536}, {"peak_bytes": 4 * 65536})
    append_bytes(folder, gpu_case("bytes_alone"), {"peak_bytes": 8 * 65536}, {"peak_bytes": 4 * 65536})
    return folder


#: By pair: family, the host's seconds per call out-of-place and in-place, and how much faster the device is in place.
SIZED_PAIRS = {
    "relu": ("activations", (8e-6, 6e-6), 1.0),
    "leaky_relu": ("activations", (8.5e-6, 6e-6), 1.01),
    "add": ("pointwise", (7e-6, 5.5e-6), 1.0),
    "mul": ("pointwise", (7e-6, 5.4e-6), 1.0),
    "addcmul": ("pointwise", (8e-6, 9e-6), 1.15),
    "cumsum": ("scans", (9e-6, 7e-6), 0.97),
}
SIZES = (2**10, 2**16, 2**20, 2**24)
#: Bytes per second of the device, and seconds per call with no bytes.
_DEVICE_RATE, _KERNEL_S = 4e12, 1.8e-6


def sized_gpu_run(parent: Path, sizes: Sequence[int] = SIZES) -> Path:
    """A run on a GPU whose host decides at the three smaller sizes, but not at the largest. A step takes twice as long
    as a call on the device, and 10 us more on the host. A scenario's host decides up to scale 8 of 16."""
    told = declaration(expecting("time", "less"), growing("time", "inplace", 1.0), axis="steps", topic="recurrence")
    folder = empty_run(parent, machine=GPU_MACHINE, scenarios={"unrolled": told})
    for place, (pair, (family, host_s, speedup)) in enumerate(SIZED_PAIRS.items()):
        spread = around(speedup, 0.004 + 0.001 * place)
        for numel in sizes:
            call, step = (gpu_case(pair, family=family, phase=phase, numel=numel) for phase in ("inference", "step"))
            device_s = _KERNEL_S + 8 * numel / _DEVICE_RATE
            rates = {"moved_bytes": 8 * numel, "ceiling_bytes_per_s": _DEVICE_RATE}
            append_gpu_times(folder, call, spread, host_s, times_s=(device_s,) * 4, **rates)
            append_bytes(folder, call, {"peak_bytes": 8 * numel}, {"peak_bytes": 4 * numel})
            host_of_step_s = (host_s[0] + 1e-5, host_s[1] + 1e-5)
            append_gpu_times(folder, step, spread, host_of_step_s, times_s=(2 * device_s,) * 4)
            append_bytes(folder, step, {"step_peak_bytes": 12 * numel}, {"step_peak_bytes": 8 * numel})
    for scale in (2, 4, 8, 16):
        of = scenario_case("unrolled", scale=scale, device="cuda:0", allocator="caching")
        append_gpu_times(folder, of, around(1.02, 0.004), (5e-5, 4e-5), times_s=(4e-6 * scale,) * 4)
    return folder
