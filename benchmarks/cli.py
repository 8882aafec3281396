"""The commands: `python -m benchmarks run`, `list`, `claims`, `hazards`, `safety`, `selftest`,
`first-run`, `advise`; see `--help` of each."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks import record
from benchmarks.advise.command import add_options as add_advise_options
from benchmarks.advise.command import run_advise
from benchmarks.catalogue.select import select_families
from benchmarks.entry import (
    DONE,
    FAILED,
    INTERRUPTED,
    SIGNALS,
    USER_ERROR,
    OneLineParser,
    interruptible,
    path_of,
    run_command,
)
from benchmarks.listing import print_catalogue
from benchmarks.measure.lost_device import DeviceLost
from benchmarks.planning.options import OPTIONS, resolve, texts_of
from benchmarks.planning.plan import OptionError, PairError
from benchmarks.planning.preset_table import preset_table
from benchmarks.record.command import command_line, flag_of
from benchmarks.record.reason import escaped
from benchmarks.running import lock
from benchmarks.running.first_run import first_run
from benchmarks.running.gpus import check_environment
from benchmarks.running.run import RUNS, RunError, how_to_finish
from benchmarks.running.start import continue_run, new_run
from benchmarks.running.supervise import PassFailed, UserError
from benchmarks.running.user_pairs import broken_promises

FOUND = Path("results/autograd")  #: by claims, hazards and safety


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is the contract's. SIGTERM interrupts it as Ctrl-C does, see SIGNALS."""
    parsed = _parser().parse_args(arguments)
    try:
        with interruptible():
            return parsed.command(parsed)
    except KeyboardInterrupt:
        _warn("interrupted")
        return INTERRUPTED
    except OSError as error:
        return _refuse(f"{error.filename or parsed.out}: {error.strerror}")


def _parser() -> argparse.ArgumentParser:
    mistake = "error: {message}; {prog} --help says more"
    parser = OneLineParser(mistake=mistake, prog="python -m benchmarks", description=__doc__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    run = subparsers.add_parser("run", help="measure, store a run, write its report", epilog=SIGNALS)
    for option in OPTIONS:
        run.add_argument(option.flag, **option.parser_fields)
    run.add_argument("--select", metavar="EXPRESSION", default="", help="a pytest -k expression")
    run.add_argument("--out", metavar="DIR", type=path_of, default=RUNS, help=f"where the run goes ({RUNS})")
    run.add_argument("--resume", metavar="RUN", type=path_of, help="a partial run to finish, with its own options")
    run.add_argument("--no-report", action="store_true", help="store the run only")
    run.set_defaults(command=_run)
    listing = subparsers.add_parser("list", help="print the catalogue")
    listing.add_argument("--pairs", metavar="FILE", default="", help="a Python file of your own pairs")
    listing.add_argument("--presets", action="store_true", help="print what the presets measure instead, as Markdown")
    listing.set_defaults(command=_list, out=Path())
    for name, what in (
        ("claims", "decide beliefs about in-place ops"),
        ("hazards", "show wrong gradients"),
        ("safety", "find what each pair's in-place variant does in every situation"),
    ):
        laboratory = subparsers.add_parser(name, help=f"{what}, by running them")
        laboratory.add_argument("names", metavar="NAME", nargs="*", help="some of them, also comma-separated (all)")
        laboratory.add_argument(
            "--device", metavar="NAME", default="", help="cpu, cuda, cuda:1, or all that are present (all)"
        )
        laboratory.add_argument("--out", metavar="DIR", type=path_of, default=FOUND, help=f"where results go ({FOUND})")
        laboratory.set_defaults(command=_laboratory, what=name)
        if name == "safety":
            laboratory.add_argument("--pairs", metavar="FILE", default="", help="a Python file of your own pairs")
            laboratory.add_argument("--compile", action="store_true", help="under torch.compile too (seconds a pair)")
    selftest = subparsers.add_parser("selftest", help="measure the instrument itself, and print the table")
    selftest.add_argument("--trials", metavar="COUNT", type=int, help="trials of each kind (400; of the gate 150)")
    selftest.add_argument("--pair", metavar="NAMES", default="", help="pairs of the repeated run (all)")
    selftest.add_argument("--gate", action="store_true", help="measure the gate instead: its false alarms, its finds")
    selftest.add_argument("--short", action="store_true", help="ask of a device what the instrument assumes: a minute")
    selftest.add_argument("--device", metavar="NAME", default="", help="of --short: as run has it (all)")
    selftest.add_argument("--out", metavar="DIR", type=path_of, default=RUNS / "selftest", help="where its runs go")
    selftest.set_defaults(command=_selftest)
    first = subparsers.add_parser(
        "first-run", help="the short self-test and what shows most of a new device, in eight minutes", epilog=SIGNALS
    )
    first.add_argument("--device", metavar="NAME", default="cuda", help="one device, as run has it (cuda)")
    first.add_argument("--host", metavar="NAME", default="", help="what to store as the host's name (the host's)")
    first.add_argument(
        "--out",
        metavar="DIR",
        type=path_of,
        default=RUNS / "first",
        help="where its runs go; typed again with the same it goes on",
    )
    first.set_defaults(command=_first_run)
    advise = subparsers.add_parser("advise", help="find which in-place ops to switch in your own step", epilog=SIGNALS)
    add_advise_options(advise)
    advise.set_defaults(command=run_advise, out=Path())
    return parser


def _run(parsed: argparse.Namespace) -> int:
    raw = {**texts_of(parsed), "select": parsed.select.strip()}
    command = command_line(raw)
    for name in ("pairs", "cases"):
        if raw[name]:
            raw[name] = str(Path(raw[name]).absolute())  # a run may be finished from another folder
    try:
        if parsed.resume is None:
            run = new_run(raw, parsed.out, command)
        elif any(raw.values()):
            given = next(name for name, value in raw.items() if value)
            return _refuse(f"{flag_of(given)}: a run is finished with its own options; leave it out")
        else:
            run = continue_run(parsed.resume)
    except (OptionError, PairError, RunError, UserError, record.RecordError, lock.Busy) as error:
        return _refuse(str(error))
    except PassFailed as error:
        _warn(str(error))
        return FAILED
    if run.facts["state"] == "partial":
        _warn(f"interrupted: {how_to_finish(run.folder)}")
        return INTERRUPTED
    print(f"run: {run.folder}")
    status = DONE
    if not parsed.no_report:
        report = [sys.executable, "-m", "analysis", "report", str(run.folder)]
        status = run_command(report) or DONE  # without a limit it is never None
    broken = broken_promises(run)
    for line in broken:
        _warn(line)
    return FAILED if broken else status


def _list(parsed: argparse.Namespace) -> int:
    try:
        if parsed.presets:
            print(preset_table())
            return DONE
        print_catalogue(select_families(Path(parsed.pairs) if parsed.pairs else None))
    except PairError as error:
        return _refuse(str(error))
    return DONE


def _laboratory(parsed: argparse.Namespace) -> int:
    # Here: no other command needs the laboratory.
    from benchmarks.autograd import commands
    from benchmarks.autograd.safety.isolated import ProcessFailed

    try:
        devices = resolve({"device": parsed.device}).axes.devices
        names = [name.strip() for part in parsed.names for name in part.split(",") if name.strip()]
        if parsed.what == "claims":
            commands.run_claims(names, devices, parsed.out, warn=_warn)
        elif parsed.what == "hazards":
            commands.run_hazards(names, devices, parsed.out, warn=_warn)
        else:
            own = Path(parsed.pairs).absolute() if parsed.pairs else None
            commands.run_safety(names, devices, parsed.out, parsed.compile, own, warn=_warn)
    except (OptionError, commands.UnknownName, PairError) as error:
        return _refuse(str(error))
    except (ProcessFailed, DeviceLost) as error:
        _warn(str(error))
        return FAILED
    return DONE


def _selftest(parsed: argparse.Namespace) -> int:
    if parsed.short and (parsed.gate or parsed.trials is not None or parsed.pair):
        return _refuse("--short: has no trials, pairs or gate; leave them out")
    if parsed.device and not parsed.short:
        return _refuse("--device: the long self-test is the CPU's; a device is asked with --short")
    return _short_selftest(parsed) if parsed.short else _long_selftest(parsed)


def _short_selftest(parsed: argparse.Namespace) -> int:
    from benchmarks.selftest.short_selftest import run_short_selftest  # loads the profiler

    try:
        devices = resolve({"device": parsed.device}).axes.devices
        check_environment(devices)
        hold = [run_short_selftest(device, parsed.out, print) for device in devices]
    except (OptionError, lock.Busy) as error:
        return _refuse(str(error))
    return DONE if all(hold) else FAILED


def _first_run(parsed: argparse.Namespace) -> int:
    try:
        devices = resolve({"device": parsed.device, "host": parsed.host}).axes.devices
        check_environment(devices)
    except OptionError as error:
        return _refuse(str(error))
    device, *others = devices
    if others:
        return _refuse(f"--device {parsed.device}: name one device")
    options = ["--host", parsed.host] if parsed.host else []
    return DONE if first_run(device, parsed.out, options, print) else FAILED


def _long_selftest(parsed: argparse.Namespace) -> int:
    # Here: these load pandas, pytest and torch.utils.benchmark, which no other command needs in its own process.
    from benchmarks.selftest.command import run_selftest
    from benchmarks.selftest.gate import run_gate_selftest

    if parsed.trials is not None and parsed.trials < 2:
        return _refuse(f"--trials {parsed.trials}: two are the fewest")
    try:
        if parsed.gate:
            table = run_gate_selftest(parsed.out / "gate", parsed.trials or 150, _warn)
        else:
            table = run_selftest(parsed.out, parsed.trials or 400, parsed.pair)
        print(table, end="")
    except (OptionError, PairError, RunError, record.RecordError, lock.Busy) as error:
        return _refuse(str(error))
    except PassFailed as error:
        _warn(str(error))
        return FAILED
    except KeyboardInterrupt:
        _warn("interrupted; the same command goes on where it stopped")
        return INTERRUPTED
    return DONE


def _warn(line: str) -> None:
    with suppress(OSError):  # after SIGHUP there may be no terminal; the exit status is the same
        print(line, file=sys.stderr)


def _refuse(line: str) -> int:
    _warn(f"error: {escaped(line)}")
    return USER_ERROR
