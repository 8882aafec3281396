"""The command `reference`: a table of what the repository keeps; measures what is stale, and writes the pages."""

import argparse
import difflib
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from benchmarks.entry import DONE, FAILED, INTERRUPTED, path_of
from benchmarks.messages import refuse, warn
from benchmarks.record import RecordError
from benchmarks.reference.reference_parts import PARTS, REFERENCE, Part, items_of

PAGES = "pages"
_OUT = Path("results/runs/reference")
_HOST = "reference"
_PAGES_DUE = "pages-due"  #: an empty file: something was measured since the pages were written


def add_reference_command(subparsers: Any, epilog: str) -> None:
    """Add the command to those of `python -m benchmarks`."""
    reference = subparsers.add_parser(
        "reference", help="measure again what is stale of what the repository keeps, and write its pages", epilog=epilog
    )
    names = ", ".join([*(part.name for part in PARTS), PAGES])
    reference.add_argument("parts", metavar="PART", nargs="*", help=f"some, also comma-separated (all): {names}")
    reference.add_argument("--list", action="store_true", help="print the table, and measure nothing")
    reference.add_argument("--again", action="store_true", help="measure the named parts also where they are fresh")
    reference.add_argument("--host", metavar="NAME", default=_HOST, help=f"the host name to store ({_HOST})")
    reference.add_argument(
        "--out", metavar="DIR", type=path_of, default=_OUT, help=f"where unfinished runs lie ({_OUT})"
    )
    reference.set_defaults(command=_reference)


def _reference(parsed: argparse.Namespace) -> int:
    names = [name.strip() for part in parsed.parts for name in part.split(",") if name.strip()]
    known = [*(part.name for part in PARTS), PAGES]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            return refuse(f"unknown part {name!r}; {f'did you mean {close[0]}?' if close else ', '.join(known)}")
    if parsed.again and not names:
        return refuse("--again: name the parts that shall be measured although they are fresh")
    if not REFERENCE.is_dir():
        return refuse(f"{REFERENCE}: no such folder; this command works in a checkout of the suite")
    try:
        return _of_parts([part for part in PARTS if not names or part.name in names], PAGES in names, parsed)
    except RecordError as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        warn("interrupted; the same command goes on where it stopped")
        return INTERRUPTED


def _of_parts(parts: Sequence[Part], pages: bool, parsed: argparse.Namespace) -> int:
    from benchmarks.reference.part_states import STALE, states_of  # loads torch's optimizers
    from benchmarks.reference.part_table import part_table, time_line
    from benchmarks.reference.reference_pages import write_pages
    from benchmarks.reference.reference_steps import Measuring, StepFailed, measure_part
    from benchmarks.versions.environments import EnvironmentFailed
    from benchmarks.versions.turns import TurnFailed

    states = states_of(items_of(parts))
    if states:
        print(part_table(states, datetime.now(timezone.utc)))
        print(f"\n{time_line(states)}", flush=True)
    if parsed.list:
        return DONE
    where = Measuring(parsed.out, parsed.host, lambda line: print(line, flush=True), parsed.again)
    due = parsed.out / _PAGES_DUE
    failed, write = [], pages or due.exists()
    for part in parts:
        chosen = [state for state in states if state.item.part == part]
        items = [state.item for state in chosen if state.word == STALE or (parsed.again and not state.impossible)]
        if not items:
            continue
        due.parent.mkdir(parents=True, exist_ok=True)
        due.touch()
        try:
            measure_part(part, items, where)
        except (EnvironmentFailed, StepFailed, TurnFailed) as error:  # the other parts can be measured all the same
            warn(str(error))
            failed.append(part.name)
        else:
            write = True
    try:
        if write:
            write_pages(where.say)
            due.unlink(missing_ok=True)
    except StepFailed as error:
        warn(str(error))
        failed.append(PAGES)
    if failed:
        warn(f"not done: {', '.join(failed)}")
    return FAILED if failed else DONE
