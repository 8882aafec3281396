"""The short self-test of one device: its checks in order, resumable, under the device's lock."""

from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.measure.clocks import make_clock
from benchmarks.running import lock
from benchmarks.running.run import suite_hash
from benchmarks.selftest.checks import Check, run_checks
from benchmarks.selftest.gpu_checks import Gpu, gpu_checks
from benchmarks.selftest.instrument_checks import instrument_checks


def run_short_selftest(device: str, out: Path, say: Callable[[str], object]) -> bool:
    """Ask what the instrument assumes of `device`; whether nothing fails. lock.Busy, OSError."""
    name = "CPU" if device == "cpu" else torch.cuda.get_device_name(device)
    facts = {"device": device, "name": name, "torch": str(torch.__version__), "suite_sha256": suite_hash()}
    say(f"{device}: {name}, torch {facts['torch']}")
    with lock.hold([device], "short self-test"):
        return run_checks(_checks(device), out / f"short-{device.replace(':', '')}.json", facts, say)


def _checks(device: str) -> tuple[Check, ...]:
    of_gpu = () if device == "cpu" else gpu_checks(Gpu(device))
    return (*of_gpu, *instrument_checks(device, make_clock))
