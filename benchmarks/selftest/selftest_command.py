"""The command `selftest`: its options, and the self-test that they choose."""

import argparse
from typing import Any

from benchmarks import record
from benchmarks.entry import DONE, FAILED, INTERRUPTED, path_of
from benchmarks.messages import refuse, warn
from benchmarks.planning.options import resolve
from benchmarks.planning.plan import OptionError, PairError
from benchmarks.running import lock
from benchmarks.running.gpus import check_environment
from benchmarks.running.run import RUNS, RunError
from benchmarks.running.supervise import PassFailed


def add_selftest_command(subparsers: Any) -> None:
    """Add the command to those of `python -m benchmarks`."""
    selftest = subparsers.add_parser("selftest", help="measure the instrument itself, and print the table")
    selftest.add_argument("--trials", metavar="COUNT", type=int, help="trials of each kind (300; of the gate 70)")
    selftest.add_argument("--pair", metavar="NAMES", default="", help="pairs of the repeated run (all)")
    selftest.add_argument("--gate", action="store_true", help="measure the gate instead: false alarms and detections")
    selftest.add_argument("--short", action="store_true", help="check what the instrument assumes of a device")
    selftest.add_argument("--device", metavar="NAME", default="", help="of --short: devices as in run (all)")
    selftest.add_argument("--out", metavar="DIR", type=path_of, default=RUNS / "selftest", help="where its runs go")
    selftest.set_defaults(command=_selftest)


def _selftest(parsed: argparse.Namespace) -> int:
    if parsed.short and (parsed.gate or parsed.trials is not None or parsed.pair):
        return refuse("--short: has no trials, pairs or gate; leave them out")
    if parsed.device and not parsed.short:
        return refuse("--device: the long self-test runs on the CPU; --short checks a device")
    return _short_selftest(parsed) if parsed.short else _long_selftest(parsed)


def _short_selftest(parsed: argparse.Namespace) -> int:
    from benchmarks.selftest.short_selftest import run_short_selftest  # loads the profiler

    try:
        devices = resolve({"device": parsed.device}).axes.devices
        check_environment(devices)
        hold = [run_short_selftest(device, parsed.out, print) for device in devices]
    except (OptionError, lock.Busy) as error:
        return refuse(str(error))
    return DONE if all(hold) else FAILED


def _long_selftest(parsed: argparse.Namespace) -> int:
    # Imported here: they load pandas, pytest and torch.utils.benchmark, which no other command needs.
    from benchmarks.selftest.command import run_selftest
    from benchmarks.selftest.gate import run_gate_selftest

    if parsed.trials is not None and parsed.trials < 2:
        return refuse(f"--trials {parsed.trials}: use two or more")
    try:
        if parsed.gate:
            table = run_gate_selftest(parsed.out / "gate", parsed.trials or 70, warn)
        else:
            table = run_selftest(parsed.out, parsed.trials or 300, parsed.pair)
        print(table, end="")
    except (OptionError, PairError, RunError, record.RecordError, lock.Busy) as error:
        return refuse(str(error))
    except PassFailed as error:
        warn(str(error))
        return FAILED
    except KeyboardInterrupt:
        warn("interrupted; the same command goes on where it stopped")
        return INTERRUPTED
    return DONE
