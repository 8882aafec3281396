"""The command line of `explain`. The modules that it runs are loaded only when it runs."""

import argparse
from pathlib import Path
from typing import Any

from benchmarks.entry import path_of
from benchmarks.messages import refuse


def add_explain_command(subparsers: Any) -> None:
    """Add the command to those of `python -m benchmarks`."""
    explain = subparsers.add_parser(
        "explain",
        help="run a script of yours, and say which line overwrote what its backward needs",
        description="Runs SCRIPT once as `python SCRIPT ARGUMENT ...` would. Where autograd says that a variable was "
        "modified by an inplace operation, says who saved it, who wrote it, why, and what to write instead; and names "
        "writes that no version counter saw. Exit status: the script's own, or 1 where something was found.",
    )
    explain.add_argument("--try", dest="tries", action="store_true", help="run each cure too, and print its bytes")
    explain.add_argument("script", metavar="SCRIPT", type=path_of, help="a Python file")
    explain.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="the script's own")
    explain.set_defaults(command=_explain, out=Path())


def _explain(parsed: argparse.Namespace) -> int:
    from benchmarks.explain.command import run_explain
    from benchmarks.explain.script import BadScript

    try:
        return run_explain(parsed.script, parsed.arguments, parsed.tries)
    except BadScript as error:
        return refuse(str(error))
