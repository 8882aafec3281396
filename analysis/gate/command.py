"""`python -m analysis compare BASE HEAD`: options, order of work, exit status."""

import argparse
import math

from analysis.gate.change import Limits
from analysis.output_file import write_output
from benchmarks.entry import DONE, FAILED, path_of


def add_to(commands: argparse._SubParsersAction) -> None:
    """Adds the command and its options."""
    limits = Limits()
    compare = commands.add_parser("compare", help="compare two runs: what got worse? exit status 1 if anything did")
    compare.add_argument("base", type=path_of, metavar="BASE", help="the folder of the run to compare with")
    compare.add_argument("head", type=path_of, metavar="HEAD", help="the folder of the run to judge")
    compare.add_argument(
        "--speedup", type=_share, default=limits.speedup, metavar="SHARE", help="smallest relevant fall (%(default)s)"
    )
    compare.add_argument(
        "--time", type=_share, default=limits.time, metavar="SHARE", help="smallest relevant rise (%(default)s)"
    )
    compare.add_argument(
        "--alpha", type=_share, default=limits.alpha, metavar="SHARE", help="false alarms per comparison (%(default)s)"
    )
    compare.add_argument("--allow-vanished", action="store_true", help="cases that HEAD lacks are no regression")
    again = compare.add_mutually_exclusive_group()
    again.add_argument("--confirm", action="store_true", help="measure suspects again, here and now (needs torch)")
    again.add_argument("--confirmation", type=path_of, metavar="RUN", help="a run that measured the suspects again")
    compare.add_argument("--markdown", type=path_of, metavar="FILE", help="write a summary for a pull request")
    compare.add_argument("--json", type=path_of, metavar="FILE", help="write everything for a program")
    compare.set_defaults(command=run)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share between 0 and 1, such as 0.05")
    return value


def _command(options: argparse.Namespace) -> list[str]:
    """The command as it was typed, without options at their defaults."""
    command = ["python", "-m", "analysis", "compare", str(options.base), str(options.head)]
    usual = Limits()
    for name in ("speedup", "time", "alpha"):
        if getattr(options, name) != getattr(usual, name):
            command.append(f"--{name}={getattr(options, name):g}")
    command += ["--allow-vanished"] if options.allow_vanished else []
    return command + [f"--{name}={path}" for name in ("markdown", "json") if (path := getattr(options, name))]


def run(options: argparse.Namespace) -> int:
    """Compares, confirms, writes and prints. Returns 1 where something regressed."""
    from analysis.run.load import load_run  # pandas: --help and a wrong command line need not wait for it

    base, head = load_run(options.base), load_run(options.head)
    # scipy, a second more: a wrong path need not wait for it
    from analysis.gate import sentences, terminal
    from analysis.gate.compare import compare, with_confirmation
    from analysis.gate.confirm import measure

    limits = Limits(options.speedup, options.time, options.alpha, options.allow_vanished)
    comparison = compare(base, head, limits)
    if options.confirmation:
        comparison = with_confirmation(comparison, load_run(options.confirmation))
    elif options.confirm and comparison.suspects:
        comparison = with_confirmation(comparison, load_run(measure(comparison)))
    hint = sentences.next_step(comparison, _command(options))
    if options.json or options.markdown:
        from analysis.gate import ci_files  # jinja2, which no other output of the gate needs

        if options.markdown:
            write_output(options.markdown, ci_files.gate_markdown(comparison, hint))
        if options.json:
            write_output(options.json, ci_files.as_json(comparison))
    for line in terminal.comparison_lines(comparison, hint):
        print(line)
    return FAILED if comparison.regressed else DONE
