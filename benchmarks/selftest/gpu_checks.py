"""Checks of what the suite's GPU clock assumes. `measure.cuda_clock` lists the assumptions and their sources."""

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from operator import methodcaller
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.inputs import Subject
from benchmarks.measure.cuda_clock import SYNCHRONISES, CudaClock
from benchmarks.measure.gpu import Monitor
from benchmarks.measure.spin import Spin
from benchmarks.selftest.checks import Check, NotCheckedError

#: Ops that nothing has used before, so that their kernels are not loaded yet.
RARE = ("erfinv_", "asinh_", "log1p_")
SPIN_S, LONG_SPIN_S = 0.05, 0.3
#: Cycles of half a millisecond at 2 GHz. The resolution of events is a thousandth of it.
CYCLES = 1_000_000
#: The fewest launches that the launch queue must hold for a round of small ops.
LEAST_DEPTH = 256
MOST_LAUNCHES = 3_000
#: Seconds of work that bring an idle GPU to its usual clock.
WARM_UP_S = 0.3
#: The largest difference between device times and the profiler's kernel times, as a share; the shortest kernel for it.
PROFILER_SHARE, KERNEL_S = 0.01, 1e-4


class CudaDevice:
    """A CUDA device as the checks use it. `cuda` is torch.cuda or a replacement."""

    def __init__(self, device: str, cuda: Any = torch.cuda, nvml: Any = None) -> None:
        self.device, self.cuda, self.nvml = device, cuda, nvml
        self.spin = Spin(cuda)

    def halves(self, numel: int) -> torch.Tensor:
        """Return a float32 tensor filled with 0.5, which is inside the domain of every op that is used here."""
        return torch.full((numel,), 0.5, device=self.device)

    def hz(self) -> float:
        """Return how many cycles of the spin the device does per second now."""
        self.spin.calibrate()
        return self.spin.hz(CYCLES)

    def warm_up(self) -> None:
        """Keep the device busy until its clock has risen."""
        began = time.perf_counter()
        while time.perf_counter() - began < WARM_UP_S:
            self.cuda._sleep(20_000_000)
            self.cuda.synchronize(self.device)

    def host_seconds_behind_a_spin(self, work: Iterable[Callable[[], object]], spin_s: float) -> Iterator[float]:
        """Yield for each call in `work` the host's seconds until it returns. A spin of `spin_s` runs before them."""
        self.cuda.synchronize(self.device)
        self.spin.hold(spin_s)
        for each in work:
            began = time.perf_counter()
            each()
            yield time.perf_counter() - began
        self.cuda.synchronize(self.device)


def gpu_checks(gpu: CudaDevice) -> tuple[Check, ...]:
    """Return the checks of a CUDA device in the order that they need: the first need an idle GPU in a new process."""

    def on_it(ask: Callable[[CudaDevice], tuple[bool, str]]) -> Callable[[], tuple[bool, str]]:
        def asked() -> tuple[bool, str]:
            with gpu.cuda.device(gpu.device):
                return ask(gpu)

        return asked

    return (
        Check("ramp", "the clock rises with work, so that the spin is calibrated for every case", on_it(_ramp)),
        Check("lazy", "only a kernel's first use waits for the device", on_it(_lazy)),
        Check("depth", "the launch queue holds a round", on_it(_depth)),
        Check("events", "a pair of events resolves a round", on_it(_events)),
        Check("cache", "both variants find their inputs in the same cache", on_it(_cache)),
        Check("held", "rounds of small and of larger calls are held", on_it(_held)),
        Check("waits", "a call that waits for the device is distinguished from one that does not", on_it(_waits)),
        Check("driver", "the driver reports clock and throttling quickly", on_it(_driver)),
        Check("profiler", "device times are the kernels' times", on_it(_profiler)),
    )


def _ramp(gpu: CudaDevice) -> tuple[bool, str]:
    cold = gpu.hz()
    gpu.warm_up()
    warm = [gpu.hz() for _ in range(5)]
    spread = max(warm) / min(warm) - 1
    usual = statistics.median(warm)
    seen = f"{cold / 1e6:,.0f} MHz at first, {usual / 1e6:,.0f} MHz after work, then within {spread:.1%}"
    return spread < 0.25, seen


def _lazy(gpu: CudaDevice) -> tuple[bool, str]:
    x = gpu.halves(1024)
    first: list[float] = []
    second: list[float] = []
    for name in RARE:
        for waits in (first, second):
            waits += gpu.host_seconds_behind_a_spin([getattr(x, name)], SPIN_S)
    seen = f"first uses returned after {max(first) * 1e3:.1f} ms at most, second ones after {max(second) * 1e3:.2f} ms"
    return max(second) < SPIN_S / 2, seen


def _depth(gpu: CudaDevice) -> tuple[bool, str]:
    x = gpu.halves(1).neg_()
    launches = 0
    for host_s in gpu.host_seconds_behind_a_spin([x.neg_] * MOST_LAUNCHES, LONG_SPIN_S):
        if host_s > LONG_SPIN_S / 30:
            break
        launches += 1
    more = "at least " if launches == MOST_LAUNCHES else ""
    return launches >= LEAST_DEPTH, f"{more}{launches:,} launches before the host waits"


def _events(gpu: CudaDevice) -> tuple[bool, str]:
    pairs = sorted(gpu.spin.device_s() for _ in range(50))
    middle, share = pairs[len(pairs) // 2], pairs[-1] / CudaClock.round_s
    seen = f"{middle * 1e6:.2f} us between two events with nothing between them, {pairs[-1] * 1e6:.2f} us at most"
    return share < 0.02, f"{seen}: {share:.2%} of a round"


def _cache(gpu: CudaDevice) -> tuple[bool, str]:
    """Time relu against relu_ at 1 MiB and 4 MiB, which fit into the L2 cache of today's GPUs."""
    clock, ratios = CudaClock(gpu.device, gpu.cuda), []
    for numel in (2**18, 2**20):
        base = gpu.halves(numel)
        subjects = {name: Subject(base.clone, methodcaller(name), None) for name in ("relu", "relu_")}
        calls = clock.prepare(subjects, "inference")
        seconds: dict[str, list[float]] = {name: [] for name in subjects}
        for _ in range(20):
            for name, subject in subjects.items():
                seconds[name].append(clock.round(subject, "inference", calls).seconds)
        ratios.append(statistics.median(seconds["relu"]) / statistics.median(seconds["relu_"]))
    seen = ", ".join(f"{ratio:.3f}x at {size}" for ratio, size in zip(ratios, ("1 MiB", "4 MiB"), strict=True))
    return all(0.93 < ratio < 1.07 for ratio in ratios), f"relu against relu_ {seen}, {clock.cache}"


def _held(gpu: CudaDevice) -> tuple[bool, str]:
    """Time 20 rounds of relu and relu_, each behind a spin, at a size limited by launches and at one limited by L2."""
    for numel in (2**10, 2**18):
        clock, base = CudaClock(gpu.device, gpu.cuda), gpu.halves(numel)
        subjects = {name: Subject(base.clone, methodcaller(name), None) for name in ("relu", "relu_")}
        calls = clock.prepare(subjects, "inference")
        for _ in range(20):
            for subject in subjects.values():
                clock.round(subject, "inference", calls)
        if clock.unheld:
            return False, f"not at {numel:,} elements: {clock.unheld}"
    return True, "80 rounds of relu and relu_"


def _waits(gpu: CudaDevice) -> tuple[bool, str]:
    """Prepare a sum whose value is read, which waits for the device: it must not be held, and for that reason."""
    clock, base = CudaClock(gpu.device, gpu.cuda), gpu.halves(2**10)
    clock.prepare({"sum": Subject(base.clone, lambda x: x.sum().item(), None)}, "inference")
    return clock.unheld == SYNCHRONISES, f"a sum that is read is timed {clock.unheld or 'as if it did not wait'}"


def _driver(gpu: CudaDevice) -> tuple[bool, str]:
    monitor = Monitor(gpu.device, gpu.cuda, gpu.nvml)
    began = time.perf_counter()
    clock_hz, slowed = monitor.look(time.perf_counter_ns)
    look_s = time.perf_counter() - began
    if clock_hz is None and slowed is None:
        raise NotCheckedError("no NVML here (the package nvidia-ml-py, or a slice of a GPU)")
    clock = "no clock" if clock_hz is None else f"{clock_hz / 1e6:,.0f} MHz"
    return look_s < 0.01, f"{look_s * 1e3:.2f} ms a look, {clock}"


def _profiler(gpu: CudaDevice) -> tuple[bool, str]:
    """Time a kernel (half a millisecond on an H200) by the suite's clock, and by CUPTI through torch's profiler."""
    clock = CudaClock(gpu.device, gpu.cuda, Monitor(gpu.device, gpu.cuda, gpu.nvml))
    base = gpu.halves(2**28)
    subject = Subject(base.clone, methodcaller("neg_"), None)
    calls = clock.prepare({"neg_": subject}, "inference")
    timed = statistics.median(clock.round(subject, "inference", calls).seconds for _ in range(20))
    x = base.clone()
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
        for _ in range(20):
            x.neg_()
        gpu.cuda.synchronize(gpu.device)
    kernels = [event.device_time * 1e-6 for event in profiler.events() or () if _is_kernel(event, "neg")]
    if not kernels:
        raise NotCheckedError("the profiler sees no kernel here (it may not use the GPU's counters)")
    seen = statistics.median(kernels)
    if seen < KERNEL_S:
        raise NotCheckedError(f"the largest kernel takes {seen * 1e6:.0f} us here, under {KERNEL_S * 1e6:.0f} us")
    share = abs(timed / seen - 1)
    both = f"{timed * 1e6:.1f} us against the profiler's {seen * 1e6:.1f} us"
    return share <= PROFILER_SHARE, f"{both}: {share:.2%} apart"


def _is_kernel(event: Any, name: str) -> bool:
    """Return whether an event of the profiler is the kernel itself, not the op that launched it."""
    cuda = torch.autograd.DeviceType.CUDA  # pyright: ignore[reportPrivateImportUsage]  # of the C library, without a stub
    return event.device_type == cuda and name in event.name.lower()
