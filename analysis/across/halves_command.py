"""`python -m analysis halves RUN`: how many changes a page of several runs would show where nothing changed."""

import argparse
import json
from typing import TYPE_CHECKING

from benchmarks.entry import DONE, path_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.across.halves import SplitCount

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
    halves.add_argument("--json", type=path_of, metavar="FILE", help="write the counts of all splits for a program")
    halves.set_defaults(command=_halves)


def _count(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) <= _MOST_SPLITS):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {_MOST_SPLITS:,}")
    return int(text)


def _halves(options: argparse.Namespace) -> int:
    """Counts, prints a line per split and the sums, and writes these."""
    from analysis.run.load import load_run  # pandas: --help need not wait for it

    run = load_run(options.run)
    from analysis.across.halves import count_splits  # scipy

    found = []
    for number, count in enumerate(count_splits(run, options.splits), start=1):
        found.append(count)
        print(
            f"split {number}: {count.changed:,} of {count.compared:,} cases changed; "
            f"{count.other_verdict:,} of {count.judged:,} have another verdict",
            flush=True,
        )
    results = {"run": run.name, "splits": str(options.splits), **_sums(found)}
    for what, text in results.items():
        print(f"{what}: {text}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return DONE


def _sums(found: "Sequence[SplitCount]") -> dict[str, str]:
    """The counts of all splits together, in words."""
    worst = max(count.changed / count.compared for count in found)
    changed, compared, other, judged = (
        sum(getattr(count, name) for count in found) for name in ("changed", "compared", "other_verdict", "judged")
    )
    rows = {
        "false changes": f"{changed:,} of {compared:,} = {changed / compared:.2%}",
        "most false changes in one split": f"{worst:.2%}",
    }
    if judged:  # halves of few passes have no verdict
        rows["other verdicts, which are no change as such"] = f"{other:,} of {judged:,} = {other / judged:.2%}"
    return rows
