"""The commands: `python -m benchmarks run`, `merge`, `versions`, `fleet`, `reference`, `list`, `claims`, `hazards`,
`safety`, `selftest`, `first-run`, `advise`, `explain`; see `--help` of each."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import record
from benchmarks.advise.advise_command import add_options as add_advise_options
from benchmarks.advise.advise_command import run_advise
from benchmarks.catalogue.select import select_families
from benchmarks.entry import (
    DONE,
    FAILED,
    IN_USE,
    INTERRUPTED,
    SIGNALS,
    OneLineParser,
    interruptible,
    path_of,
    run_command,
)
from benchmarks.explain.explain_command import add_explain_command
from benchmarks.fleet.fleet_command import add_fleet_command
from benchmarks.listing import catalogue_facts, print_catalogue
from benchmarks.measure.lost_device import DeviceLost
from benchmarks.messages import refuse, warn
from benchmarks.planning.options import OPTIONS, resolve, texts_of
from benchmarks.planning.plan import OptionError, PairError
from benchmarks.planning.preset_table import preset_table
from benchmarks.record.command import command_line, flag_of
from benchmarks.reference.reference_command import add_reference_command
from benchmarks.running import lock
from benchmarks.running.first_run import first_run
from benchmarks.running.gpus import check_environment
from benchmarks.running.merge import merge
from benchmarks.running.run import RUNS, RunError, how_to_finish
from benchmarks.running.start import continue_run, new_run
from benchmarks.running.supervise import PassFailed, UserError
from benchmarks.running.user_pairs import broken_promises
from benchmarks.selftest.selftest_command import add_selftest_command
from benchmarks.versions.versions_command import add_versions_command

FOUND = Path("results/autograd")  #: where claims, hazards and safety are stored


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. SIGTERM interrupts it like Ctrl-C, see SIGNALS."""
    parsed = _parser().parse_args(arguments)
    try:
        with interruptible():
            return parsed.command(parsed)
    except KeyboardInterrupt:
        warn("interrupted")
        return INTERRUPTED
    except OSError as error:
        return refuse(f"{error.filename or parsed.out}: {error.strerror}")


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
    run.add_argument(
        "--stop-after", metavar="PASSES", type=_pass_count, help="leave the run partial after so many more passes"
    )
    run.set_defaults(command=_run)
    listing = subparsers.add_parser("list", help="print the catalogue")
    listing.add_argument("--pairs", metavar="FILE", default="", help="a Python file of your own pairs")
    listing.add_argument("--presets", action="store_true", help="print what the presets measure instead, as Markdown")
    listing.add_argument("--json", action="store_true", help="print the catalogue as JSON: see benchmarks/listing.py")
    listing.set_defaults(command=_list, out=Path())
    for name, what in (
        ("claims", "decide beliefs about in-place ops"),
        ("hazards", "show wrong gradients"),
        ("safety", "find what each pair's in-place variant does in every situation"),
    ):
        laboratory = subparsers.add_parser(name, help=f"{what}, by running programs")
        laboratory.add_argument("names", metavar="NAME", nargs="*", help="some of them, also comma-separated (all)")
        laboratory.add_argument(
            "--device", metavar="NAME", default="", help="cpu, cuda, cuda:1, or all that are present (all)"
        )
        laboratory.add_argument("--out", metavar="DIR", type=path_of, default=FOUND, help=f"where results go ({FOUND})")
        laboratory.set_defaults(command=_laboratory, what=name)
        if name == "safety":
            laboratory.add_argument("--pairs", metavar="FILE", default="", help="a Python file of your own pairs")
            laboratory.add_argument("--compile", action="store_true", help="under torch.compile too (seconds per pair)")
    add_versions_command(subparsers, SIGNALS)
    add_reference_command(subparsers, SIGNALS)
    add_fleet_command(subparsers, SIGNALS)
    add_selftest_command(subparsers)
    merging = subparsers.add_parser("merge", help="merge all shards of a run into one run; measures nothing")
    merging.add_argument("shards", metavar="SHARD_RUN", nargs="+", type=path_of, help="the folder of a shard's run")
    merging.add_argument("--to", metavar="DIR", type=path_of, help="where the run goes (next to the first shard)")
    merging.set_defaults(command=_merge, out=Path())
    add_explain_command(subparsers)
    first = subparsers.add_parser(
        "first-run",
        help="the short self-test and the best first cases of a new device, in eight minutes",
        epilog=SIGNALS,
    )
    first.add_argument("--device", metavar="NAME", default="cuda", help="one device, as in run (cuda)")
    first.add_argument("--host", metavar="NAME", default="", help="the host name to store (the host's own)")
    first.add_argument(
        "--out",
        metavar="DIR",
        type=path_of,
        default=RUNS / "first",
        help="where its runs go; the same command typed again goes on",
    )
    first.set_defaults(command=_first_run)
    advise = subparsers.add_parser("advise", help="find which in-place ops to switch in your own step", epilog=SIGNALS)
    add_advise_options(advise)
    advise.set_defaults(command=run_advise)
    return parser


def _pass_count(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text}: not a count above zero")
    return int(text)


def _run(parsed: argparse.Namespace) -> int:
    raw = {**texts_of(parsed), "select": parsed.select.strip()}
    command = command_line(raw)
    for name in ("pairs", "cases"):
        if raw[name]:
            raw[name] = str(Path(raw[name]).absolute())  # a run may be finished from another folder
    try:
        if parsed.resume is None:
            run = new_run(raw, parsed.out, command, parsed.stop_after)
        elif any(raw.values()):
            given = next(name for name, value in raw.items() if value)
            return refuse(f"{flag_of(given)}: a run is finished with its own options; leave it out")
        else:
            run = continue_run(parsed.resume, parsed.stop_after)
    except (OptionError, PairError, RunError, UserError, record.RecordError) as error:
        return refuse(str(error))
    except lock.Busy as error:
        return refuse(str(error), IN_USE)
    except PassFailed as error:
        warn(str(error))
        return FAILED
    if run.interrupted:
        warn(f"interrupted: {how_to_finish(run.folder)}")
        return INTERRUPTED
    if run.facts["state"] == "partial":  # as --stop-after asked
        done = sum(row["state"] == "done" for row in run.facts["passes"])
        print(f"run: {run.folder} (partial: {done} of {len(run.facts['passes'])} passes)")
        return DONE
    print(f"run: {run.folder}")
    status = DONE
    if not parsed.no_report:
        report = [sys.executable, "-m", "analysis", "report", str(run.folder)]
        status = run_command(report) or DONE  # without a limit it is never None
    broken = broken_promises(run)
    for line in broken:
        warn(line)
    return FAILED if broken else status


def _merge(parsed: argparse.Namespace) -> int:
    try:
        print(f"run: {merge(parsed.shards, parsed.to)}")
    except (RunError, record.RecordError) as error:
        return refuse(str(error))
    return DONE


def _list(parsed: argparse.Namespace) -> int:
    try:
        if parsed.presets:
            print(preset_table())
            return DONE
        families = select_families(Path(parsed.pairs) if parsed.pairs else None)
        if parsed.json:
            print(json.dumps(catalogue_facts(families), indent=1))
        else:
            print_catalogue(families)
    except PairError as error:
        return refuse(str(error))
    return DONE


def _laboratory(parsed: argparse.Namespace) -> int:
    # Imported here: no other command needs the laboratory.
    from benchmarks.autograd import commands
    from benchmarks.autograd.safety.isolated import ProcessFailed

    try:
        devices = resolve({"device": parsed.device}).axes.devices
        names = [name.strip() for part in parsed.names for name in part.split(",") if name.strip()]
        if parsed.what == "claims":
            commands.run_claims(names, devices, parsed.out, warn=warn)
        elif parsed.what == "hazards":
            commands.run_hazards(names, devices, parsed.out, warn=warn)
        else:
            own = Path(parsed.pairs).absolute() if parsed.pairs else None
            commands.run_safety(names, devices, parsed.out, parsed.compile, own, warn=warn)
    except (OptionError, commands.UnknownName, PairError) as error:
        return refuse(str(error))
    except (ProcessFailed, DeviceLost) as error:
        warn(str(error))
        return FAILED
    return DONE


def _first_run(parsed: argparse.Namespace) -> int:
    try:
        devices = resolve({"device": parsed.device, "host": parsed.host}).axes.devices
        check_environment(devices)
    except OptionError as error:
        return refuse(str(error))
    device, *others = devices
    if others:
        return refuse(f"--device {parsed.device}: name one device")
    options = ["--host", parsed.host] if parsed.host else []
    return DONE if first_run(device, parsed.out, options, print) else FAILED
