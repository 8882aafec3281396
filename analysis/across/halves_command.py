"""`python -m analysis halves RUN`: how many changes a page of several runs would show where nothing changed."""

import argparse

from benchmarks.entry import DONE, path_of

_USUAL_SPLITS = 20
_MOST_SPLITS = 1_000


def add_halves_command(commands: argparse._SubParsersAction) -> None:
    """Adds the command and its options."""
    halves = commands.add_parser("halves", help="split a run's passes in two: how many changes between them are false?")
    halves.add_argument("run", type=path_of, metavar="RUN", help="the folder of a complete run")
    halves.add_argument(
        "--splits",
        type=_count,
        default=_USUAL_SPLITS,
        metavar="N",
        help="every second pass, then at random (%(default)s)",
    )
    halves.set_defaults(command=_halves)


def _count(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) <= _MOST_SPLITS):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {_MOST_SPLITS:,}")
    return int(text)


def _halves(options: argparse.Namespace) -> int:
    """Counts, and prints a line per split and one in all."""
    from analysis.run.load import load_run  # pandas: --help need not wait for it

    run = load_run(options.run)
    from analysis.across.halves import count_splits  # scipy

    found = []
    for number, count in enumerate(count_splits(run, options.splits), start=1):
        found.append(count)
        print(
            f"split {number}: {count.changed:,} of {count.compared:,} cases changed; "
            f"{count.other_verdict:,} have another verdict",
            flush=True,
        )
    compared = sum(count.compared for count in found)
    for what, total in (
        ("false changes", sum(count.changed for count in found)),
        ("other verdicts, which no page shows as changes", sum(count.other_verdict for count in found)),
    ):
        print(f"{what}: {total:,} of {compared:,} = {total / compared:.2%}")
    return DONE
