"""What a run asks of its GPUs before it starts: that something can be measured, and who else computes on them."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from benchmarks.measure.gpu import unmeasurable
from benchmarks.planning.options import OptionError
from benchmarks.record.machine_facts import MachineFacts
from benchmarks.running.lock import Busy

#: Without the binding nobody can ask the driver; a container hides processes from whoever does.
HOW_TO_KNOW = "install nvidia-ml-py, and start a container with --pid=host"


def check_environment(devices: Sequence[str]) -> None:
    """OptionError where a GPU is chosen and a variable is set under which nothing on it can be measured."""
    line = unmeasurable(os.environ)
    for device in devices:
        if line and device != "cpu":
            raise OptionError(f"--device {device}: {line}")


def check_others(machine: MachineFacts, devices: Sequence[str], exclusive: bool) -> None:
    """A line on standard error for each chosen GPU on which others compute; Busy in its place where `exclusive`.

    Where it is not known (no binding; a container, from which the driver hides them), `exclusive` refuses as well.
    """
    for device in devices:
        if device == "cpu":
            continue
        others = machine["gpus"][int(device.removeprefix("cuda:"))].get("other_processes")
        if others is None and exclusive:
            raise Busy(f"{device}: --exclusive was given, and who else computes on it is not known: {HOW_TO_KNOW}")
        if not others:
            continue
        found = f"{device}: {others} other {'process computes' if others == 1 else 'processes compute'} on it"
        if exclusive:
            raise Busy(f"{found}, and --exclusive was given")
        with suppress(OSError):  # after SIGHUP there may be no terminal
            print(f"{found}: times will be disturbed (--exclusive refuses such a run)", file=sys.stderr)
