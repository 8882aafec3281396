"""The short self-test of one device: its checks in order, under the device's lock. A stopped one can go on."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.measure.clocks import make_clock
from benchmarks.measure.gpu import uuid_of
from benchmarks.running import lock
from benchmarks.running.facts import suite_hash
from benchmarks.selftest.checks import Check, run_checks
from benchmarks.selftest.gpu_checks import CudaDevice, gpu_checks
from benchmarks.selftest.instrument_checks import instrument_checks


def run_short_selftest(device: str, out: Path, say: Callable[[str], object]) -> bool:
    """Check what the instrument assumes of `device`, and return whether no check fails.

    `say` gets a line per check. lock.Busy if another run holds the device, OSError if `out` cannot be written.
    """

    name = "CPU" if device == "cpu" else torch.cuda.get_device_name(device)
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))))
    facts = {"device": device, "name": name, "torch": str(torch.__version__), "suite_sha256": suite_hash()}
    facts |= {"card": "" if device == "cpu" else uuid_of(device) or "", "checks_sha256": code.hexdigest()}
    say(f"{device}: {name}, torch {facts['torch']}")
    with lock.hold([device], "short self-test"):
        return run_checks(_checks(device), out / f"short-{device.replace(':', '')}.json", facts, say)


def _checks(device: str) -> tuple[Check, ...]:
    of_instrument = instrument_checks(device, make_clock)
    if device == "cpu":
        return of_instrument
    *of_gpu, profiler = gpu_checks(CudaDevice(device))
    return (*of_gpu, *of_instrument, profiler)  # last: a profiler may leave later launches slower
