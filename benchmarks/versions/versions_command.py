"""The command `versions`: its options, and the report of all versions at its end."""

import argparse
import sys
from pathlib import Path
from typing import Any

from benchmarks.entry import DONE, FAILED, INTERRUPTED, path_of, run_command
from benchmarks.messages import refuse, warn
from benchmarks.planning.options import OPTIONS, OptionError, resolve, texts_of
from benchmarks.running.run import RUNS
from benchmarks.versions.environments import ENVIRONMENTS, EnvironmentFailed, interpreter_of, pinned_version
from benchmarks.versions.turns import TurnFailed, take_turns


def add_versions_command(subparsers: Any, epilog: str) -> None:
    """Add the command to those of `python -m benchmarks`."""
    versions = subparsers.add_parser(
        "versions", help="the same run on several versions of torch, their passes taking turns", epilog=epilog
    )
    versions.add_argument("versions", metavar="VERSION", nargs="+", help="of torch, such as 2.6.0 2.13.0")
    for option in OPTIONS:
        versions.add_argument(option.flag, **option.parser_fields)
    versions.add_argument("--select", metavar="EXPRESSION", default="", help="a pytest -k expression")
    versions.add_argument(
        "--out",
        metavar="DIR",
        type=path_of,
        default=RUNS / "versions",
        help=f"where the runs go; typed again with the same it goes on ({RUNS / 'versions'})",
    )
    versions.add_argument(
        "--environments",
        metavar="DIR",
        type=path_of,
        default=ENVIRONMENTS,
        help=f"where the environments are kept ({ENVIRONMENTS})",
    )
    versions.set_defaults(command=_versions)


def _versions(parsed: argparse.Namespace) -> int:
    raw = {**texts_of(parsed), "select": parsed.select.strip()}
    for name in ("pairs", "cases"):
        if raw[name]:
            raw[name] = str(Path(raw[name]).absolute())
    options = {name: value for name, value in raw.items() if value}
    try:
        resolve(raw)
        versions = [pinned_version(text) for text in dict.fromkeys(parsed.versions)]
        interpreters = {}
        for version in versions:
            print(f"torch {version}: its environment", flush=True)
            interpreters[version] = interpreter_of(version, parsed.environments)
        runs = take_turns(interpreters, options, parsed.out, lambda line: print(line, flush=True))
    except (OptionError, EnvironmentFailed) as error:
        return refuse(str(error))
    except TurnFailed as error:
        warn(str(error))
        return FAILED
    except KeyboardInterrupt:
        warn("interrupted; the same command goes on where it stopped")
        return INTERRUPTED
    for run in runs:
        print(f"run: {run}")
    return run_command([sys.executable, "-m", "analysis", "report", *map(str, runs)]) or DONE
