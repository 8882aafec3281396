"""Checks of a run's GPUs before it starts: can they be measured, and do other processes compute on them?"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from benchmarks.measure.gpu import unmeasurable
from benchmarks.planning.options import OptionError
from benchmarks.record.machine_facts import MachineFacts
from benchmarks.running.lock import Busy

#: Without the binding the driver cannot be asked; in a container it does not show the processes.
HOW_TO_KNOW = "install nvidia-ml-py, and start a container with --pid=host"


def check_environment(devices: Sequence[str]) -> None:
    """Raise OptionError if a GPU is chosen under an environment variable that makes measurements meaningless."""
    line = unmeasurable(os.environ)
    for device in devices:
        if line and device != "cpu":
            raise OptionError(f"--device {device}: {line}")


def check_others(machine: MachineFacts, devices: Sequence[str], exclusive: bool) -> None:
    """Warn on standard error about each chosen GPU on which others compute; raise Busy instead if `exclusive`.

    OptionError if `exclusive`, and the GPU's processes are unknown (no binding; a container: the driver hides them).
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
