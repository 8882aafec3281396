"""`python -m benchmarks advise`: its options, and what it writes."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.advise.ask import Refused, ask
from benchmarks.advise.printed import printed
from benchmarks.advise.question import Question
from benchmarks.entry import DONE, INTERRUPTED, SIGNALS, OneLineParser, interruptible, path_of
from benchmarks.messages import refuse, warn


def main(arguments: Sequence[str]) -> int:
    """The command by itself."""
    parser = OneLineParser(mistake="error: {message}; {prog} --help says more", description=__doc__, epilog=SIGNALS)
    add_options(parser)
    try:
        with interruptible():
            return run_advise(parser.parse_args(arguments))
    except KeyboardInterrupt:
        warn("interrupted")
        return INTERRUPTED
    except OSError as error:
        return refuse(f"{error.filename}: {error.strerror}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "steps",
        metavar="STEP",
        nargs="*",
        help="FILE.py:MAKE, which returns a step: a callable without arguments that does what your loop does once",
    )
    parser.add_argument("--model", metavar="FILE.py:CLASS", default="", help="a model in place of steps")
    parser.add_argument("--input", metavar="SHAPE", action="append", default=[], help="of the model: 4x3x224x224")
    parser.add_argument("--steps", dest="repeats", metavar="COUNT", type=int, default=2, help="executions a trial (2)")
    parser.add_argument("--only", metavar="PATH", default="", help="places below this path alone")
    parser.add_argument("--device", metavar="NAME", default="cpu", help="where it runs (cpu)")
    parser.add_argument("--limit", metavar="SECONDS", type=float, default=600.0, help="for one trial (600)")
    parser.add_argument("--no-time", action="store_true", help="bytes and proof alone (times are not measured yet)")
    parser.add_argument("--json", metavar="FILE", type=path_of, help="write the answer there as JSON too")
    parser.add_argument("--patch", metavar="FILE", type=path_of, default=Path("advise.patch"), help="(advise.patch)")


def run_advise(parsed: argparse.Namespace) -> int:
    """Ask, print, and write patch and JSON; the exit status."""
    wrong = _wrong(parsed)
    if wrong is not None:
        return refuse(wrong)
    question = Question(
        steps=tuple(parsed.steps),
        model=parsed.model,
        inputs=tuple(parsed.input),
        repeats=parsed.repeats,
        only=parsed.only,
        device=parsed.device,
        limit_s=parsed.limit,
    )
    try:
        answer = ask(question, warn)
    except Refused as error:
        return refuse(str(error))
    patch = answer["patch"]
    if patch is not None:
        parsed.patch.write_text(patch, encoding="utf-8")
    if parsed.json is not None:
        parsed.json.write_text(json.dumps(answer, indent=1) + "\n", encoding="utf-8")
    print(printed(answer, str(parsed.patch) if patch is not None else None), end="")
    return DONE


def _wrong(parsed: argparse.Namespace) -> str | None:
    if bool(parsed.steps) == bool(parsed.model):
        return "name steps (train.py:make), or --model net.py:Net with --input 4x3x224x224"
    if parsed.model and not parsed.input:
        return f"--model {parsed.model}: needs --input, the shape of its input"
    if parsed.input and not parsed.model:
        return "--input: is of --model"
    if parsed.repeats < 1:
        return f"--steps {parsed.repeats}: one is the fewest"
    if parsed.limit <= 0:
        return f"--limit {parsed.limit:g}: must be above 0"
    if parsed.device != "cpu":
        return f"--device {parsed.device}: only the CPU can be asked"
    return None
