"""The command `python -m benchmarks advise`: find the in-place ops that save memory in your own step."""

import argparse
import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from benchmarks.advise.answers.printed_answer import answer_text
from benchmarks.advise.answers.stored_advice import store_advice
from benchmarks.advise.ask import Refused, ask
from benchmarks.advise.user.question import Question
from benchmarks.entry import DONE, INTERRUPTED, SIGNALS, OneLineParser, interruptible, path_of
from benchmarks.messages import refuse, warn
from benchmarks.planning.options import OptionError, device_names
from benchmarks.record.command import flag_of
from benchmarks.running.gpus import check_environment
from benchmarks.running.run import RUNS

#: The options that belong to a question beside its steps and inputs, by their names as parsed.
_ASKED = ("model", "repeats", "only", "device", "scratch", "limit", "no_time", "no_places", "time_limit", "host")


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status: 2 for bad input, with one line; another one when interrupted."""
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
    """Add the command's arguments and options to a parser."""
    parser.add_argument(
        "steps",
        metavar="STEP",
        nargs="*",
        help="FILE.py:MAKE, which returns a step: a callable without arguments that does what your loop does once",
    )
    parser.add_argument("--model", metavar="FILE.py:CLASS", default="", help="a model in place of steps")
    parser.add_argument(
        "--input", metavar="SHAPE", action="append", default=[], help="of an input of the model: 4x3x224x224"
    )
    parser.add_argument(
        "--steps", dest="repeats", metavar="COUNT", type=int, default=2, help="executions of each step per trial (2)"
    )
    parser.add_argument("--only", metavar="PATH", default="", help="only places below this path")
    parser.add_argument("--device", metavar="NAME", default="cpu", help="cpu, cuda or cuda:1: whose bytes count (cpu)")
    parser.add_argument("--scratch", action="store_true", help="work in a scratch folder, which is deleted")
    parser.add_argument("--limit", metavar="SECONDS", type=float, default=600.0, help="for one trial (600)")
    parser.add_argument("--no-time", action="store_true", help="measure no times")
    parser.add_argument("--no-places", action="store_true", help="do not say where the bytes are")
    parser.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=float,
        default=40.0,
        help="for all times together (40); only a patch is timed",
    )
    parser.add_argument("--json", metavar="FILE", type=path_of, help="write the answer there as JSON too")
    parser.add_argument(
        "--patch",
        metavar="FILE",
        type=path_of,
        default=Path("advise.patch"),
        help="where the patch goes (advise.patch)",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=path_of, default=RUNS, help=f"where the answer is stored as a run ({RUNS})"
    )
    parser.add_argument("--no-run", action="store_true", help="store no run")
    parser.add_argument("--host", metavar="NAME", default="", help="the host name to store (the host's own)")


def run_advise(parsed: argparse.Namespace) -> int:
    """Ask, print the answer, write the patch, the JSON and the run; return the exit status.

    The status is 2, with one line, if the options are wrong or the steps cannot be advised on.
    """
    wrong = _wrong(parsed)
    if wrong is not None:
        return refuse(wrong)
    try:
        device = _device(parsed.device)
    except OptionError as error:
        return refuse(str(error))
    question = Question(
        steps=tuple(parsed.steps),
        model=parsed.model,
        inputs=tuple(parsed.input),
        repeats=parsed.repeats,
        only=parsed.only,
        device=device,
        limit_s=parsed.limit,
        places=not parsed.no_places,
        scratch=parsed.scratch,
    )
    try:
        answer = ask(question, warn, 0.0 if parsed.no_time else parsed.time_limit)
    except Refused as error:
        return refuse(str(error))
    patch = answer["patch"]
    if patch is not None:
        parsed.patch.write_text(patch, encoding="utf-8")
    if parsed.json is not None:
        parsed.json.write_text(json.dumps(answer, indent=1) + "\n", encoding="utf-8")
    text = answer_text(answer, str(parsed.patch) if patch is not None else None)
    print(text, end="")
    if not parsed.no_run:
        try:
            command = shlex.join(["python", "-m", "benchmarks", "advise", *question_words(parsed)])
            folder = store_advice(question, answer, text.splitlines(), parsed.out, command, parsed.host)
        except ValueError as error:  # a number that no field holds, such as bytes below zero
            warn(f"not stored: {error}")
            return DONE
        print(f"Stored: {folder} (python -m analysis report {folder})")
    return DONE


def question_words(parsed: argparse.Namespace) -> list[str]:
    """Return the words of a command line that asks the same again; those that say where output goes are left out."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    words = [*parsed.steps, *(word for shape in parsed.input for word in ("--input", shape))]
    for name in _ASKED:
        value = getattr(parsed, name)
        if value != parser.get_default(name):
            flag = "--steps" if name == "repeats" else flag_of(name)
            words.append(flag if value is True else f"{flag}={value}")
    return words


def _wrong(parsed: argparse.Namespace) -> str | None:
    if bool(parsed.steps) == bool(parsed.model):
        return "name steps (train.py:make), or --model net.py:Net with --input 4x3x224x224"
    if parsed.model and not parsed.input:
        return f"--model {parsed.model}: needs --input, the shape of its input"
    if parsed.input and not parsed.model:
        return "--input: only with --model, whose input has this shape"
    if parsed.repeats < 1:
        return f"--steps {parsed.repeats}: must be at least 1"
    for name, seconds in (("--limit", parsed.limit), ("--time-limit", parsed.time_limit)):
        if not seconds > 0:
            return f"{name} {seconds:g}: must be above 0"
    return None


def _device(text: str) -> str:
    """Return the device as torch writes it; OptionError if it is unknown, not present, or cannot be measured."""
    found = device_names(text) if text != "all" else ()
    if len(found) != 1:
        raise OptionError(f"--device {text}: name one of cpu, cuda, cuda:1")
    check_environment(found)
    return found[0]
