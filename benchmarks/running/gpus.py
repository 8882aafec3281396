"""Checks of a run's GPUs before it starts: whether they can be measured, and whether others compute on them."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from benchmarks.measure.gpu import unmeasurable
from benchmarks.planning.options import OptionError
from benchmarks.record.machine_facts import MachineFacts
from benchmarks.running.lock import Busy

#: Without nvidia-ml-py the driver cannot be asked. In a container it does not show the processes of others.
HOW_TO_KNOW = "install nvidia-ml-py, and start a container with --pid=host"


def check_environment(devices: Sequence[str]) -> None:
    """Raise OptionError if a GPU is chosen while an environment variable makes its measurements meaningless."""
    line = unmeasurable(os.environ)
    for device in devices:
        if line and device != "cpu":
            raise OptionError(f"--device {device}: {line}")


def check_others(machine: MachineFacts, devices: Sequence[str], exclusive: bool) -> None:
    """Warn on standard error about each chosen GPU on which other processes compute.

    With `exclusive`, raise Busy instead; OptionError if it is not known whether others compute on a GPU. That is so
    without nvidia-ml-py, and in a container where the driver hides processes.
    """
    for device in devices:
        if device == "cpu":
            continue
        others = machine["gpus"][int(device.removeprefix("cuda:"))].get("other_processes")
        if others is None and exclusive:
            raise OptionError(
                f"{device}: --exclusive was given, and who else computes on it is not known: {HOW_TO_KNOW}"
            )
        if not others:
            continue
        found = f"{device}: {others} other {'process computes' if others == 1 else 'processes compute'} on it"
        if exclusive:
            raise Busy(f"{found}, and --exclusive was given")
        with suppress(OSError):  # after SIGHUP there may be no terminal
            print(f"{found}: times will be disturbed (--exclusive refuses such a run)", file=sys.stderr)
