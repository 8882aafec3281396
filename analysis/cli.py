"""The commands: `report` writes the report of stored runs and prints their answer, `answer` only prints a run's, `show`
prints an op's card, `compare` is the gate, `readme` updates README files and the kept reports, `pack` stores a complete
run, or a folder of findings, in fewer bytes, `halves` counts changes between the halves of one run, which are false,
`dataset` adds runs to a Parquet dataset and writes one page of a fleet."""

import argparse
import hashlib
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.across.halves_command import add_halves_command
from analysis.dataset.dataset_command import add_dataset_command, add_lacking_option
from analysis.gate import command as gate
from benchmarks.entry import DONE, INTERRUPTED, USER_ERROR, OneLineParser, interruptible, path_of
from benchmarks.record import RecordError
from benchmarks.record.reason import escaped

if TYPE_CHECKING:
    from analysis.section import Section

# Imports that load pandas stand inside functions: --help and a wrong command line need not wait for it. Those that load
# scipy or matplotlib (another second) come after the runs are read: a wrong path need not wait for them.

RUNS, REPORTS = Path("results/runs"), Path("results/reports")
_COLUMNS = 100


def main(arguments: list[str] | None = None) -> int:
    """Runs a command. Exit status: 0 done, 1 regression, 2 user's error, with one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        with interruptible():
            return options.command(options)
    except (RecordError, OSError) as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


def _refuse(message: str) -> int:
    """Prints the message as one line on standard error; returns the exit status of a user's error."""
    print(escaped(message), file=sys.stderr)
    return USER_ERROR


def _parser() -> argparse.ArgumentParser:
    mistake = "{prog}: {message} (see --help)"
    parser = OneLineParser(mistake=mistake, prog="python -m analysis", description="Reads stored runs; needs no torch.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    report = commands.add_parser("report", help="write the report: HTML, Markdown, figures, tables, JSON")
    report.add_argument("runs", nargs="*", type=path_of, metavar="RUN", help=f"a run's folder (the newest in {RUNS})")
    report.add_argument("--to", type=path_of, metavar="DIR", help=f"where to (default: {REPORTS}/<run>/)")
    add_lacking_option(report)
    report.add_argument("--quoted", action="store_true", help="of the kept runs that the README files quote")
    report.set_defaults(command=_report)
    answer = commands.add_parser("answer", help="print what a run says, in a few lines")
    answer.add_argument("run", type=path_of, metavar="RUN", help="a run's folder")
    answer.add_argument("--to", type=path_of, metavar="DIR", help="where its report was written")
    answer.set_defaults(command=_answer)
    show = commands.add_parser("show", help="print everything that a run knows about an op")
    show.add_argument("name", metavar="NAME", help="the op, such as relu")
    show.add_argument("runs", nargs="*", type=path_of, metavar="RUN", help=f"a run's folder (the newest in {RUNS})")
    show.set_defaults(command=_show)
    readme = commands.add_parser("readme", help="update README files and the kept reports from the kept runs")
    readme.set_defaults(command=_readme)
    pack = commands.add_parser("pack", help="store complete runs, or folders of findings, in fewer bytes, without loss")
    pack.add_argument("folders", nargs="+", type=path_of, metavar="FOLDER", help="a run's folder, or one of findings")
    pack.set_defaults(command=_pack)
    gate.add_to(commands)
    add_halves_command(commands)
    add_dataset_command(commands)
    return parser


def _report(options: argparse.Namespace) -> int:
    from analysis.run.load import load_runs, newest_run
    from analysis.section import sections

    if options.quoted and options.runs:
        return _refuse(f"{options.runs[0]}: --quoted names the runs; leave it out")
    runs = load_runs(_quoted_runs() if options.quoted else options.runs or [newest_run(RUNS)])
    from analysis.across.across_sentences import side_by_side_sentences
    from analysis.across.side_by_side import side_by_side  # scipy
    from analysis.report.write import write_report  # matplotlib, jinja2
    from analysis.right.truth import read_truth

    parts, truth = sections(runs), read_truth()
    side = side_by_side(parts, truth)
    page = write_report(
        parts, options.to or _report_folder(*(run.folder for run in runs)), side=side, lacking=options.lacking
    )
    for line in side_by_side_sentences(side) if side else ():
        print(_filled(line))
    _print_answer(parts, page)
    return DONE


def _quoted_runs() -> list[Path]:
    """The folders of the runs that the README files quote: of all ops, and of all scenarios."""
    from analysis.readme.markers import MarkerError
    from analysis.readme.quoted import Quoted

    quoted = Quoted(Path())
    try:
        return list(dict.fromkeys(section.run.folder for section in (quoted.ops, quoted.models)))
    except MarkerError as error:
        raise RecordError(str(error)) from None


def _answer(options: argparse.Namespace) -> int:
    from analysis.run.load import load_run
    from analysis.section import sections

    run = load_run(options.run)
    _print_answer(sections([run]), (options.to or _report_folder(run.folder)) / "report.html")
    return DONE


def _show(options: argparse.Namespace) -> int:
    from analysis.across.side_by_side import side_by_side
    from analysis.cards.gather import UnknownOp, cards, cards_named
    from analysis.cards.show import card_text
    from analysis.right.truth import read_truth
    from analysis.run.load import load_runs, newest_run
    from analysis.section import sections

    parts = sections(load_runs(options.runs or [newest_run(RUNS)]))
    truth = read_truth()
    try:
        found = cards_named((card for section in parts for card in cards(section, truth)), options.name)
    except UnknownOp as error:
        return _refuse(str(error))
    if len(parts) > 1 and (side := side_by_side(parts, truth)):
        from analysis.report.op_over_places import op_over_places_text  # jinja2

        print(op_over_places_text(side, found), end="")
    print("\n".join(map(card_text, found)), end="")
    answers = [section.advice for section in parts if section.advice is not None]
    for line in (line for advice in answers for line in ("", *advice.printed)):
        print(line)
    return DONE


def _readme(options: argparse.Namespace) -> int:
    from analysis.readme.markers import MarkerError
    from analysis.readme.rewrite import rewrite

    try:
        changed = rewrite(Path())
    except MarkerError as error:
        return _refuse(str(error))
    for path, new in changed.items():
        print(f"{path}: {'written' if new else 'as it was'}")
    return DONE


def _pack(options: argparse.Namespace) -> int:
    from analysis.pack import pack_folder
    from benchmarks.record.plain_text import mib_text

    for folder in options.folders:
        before, after = pack_folder(folder)
        print(f"{folder}: {mib_text(before)}, packed {mib_text(after)}")
    return DONE


def _print_answer(parts: "list[Section]", page: Path) -> None:
    """Prints the last lines of a run: its answer per device, and where its report is."""
    from analysis.report.answer import answer_sentences  # scipy
    from analysis.run.description import partial_note

    several = len({section.run.name for section in parts}) > 1
    for section in parts:
        where = f"{section.run.name}, {section.device}" if several else section.device
        lines = [partial_note(section.run.facts, section.run.folder), f"{where}: {section.machine_line}"]
        for line in filter(None, [*lines, *answer_sentences(section)]):
            print(_filled(line))
    if page.exists():
        print(f"report: {page}")


def _filled(line: str) -> str:
    return textwrap.fill(line.replace("\u00a0", " "), _COLUMNS, break_on_hyphens=False)


def _report_folder(run: Path, *others: Path) -> Path:
    """The folder named after the run; with other runs, also after a hash of these."""
    name = run.resolve().name
    if others:
        paths = "\n".join(str(other.resolve()) for other in others)
        name += f"-and-{len(others)}-more-{hashlib.sha256(paths.encode()).hexdigest()[:8]}"
    return REPORTS / name
