"""The command: judges programs, two at a time, each in a process of its own. Each row is a file, so it can go on.

`python -m benchmarks.advise_judge --programs 500 --seed 1` prints the figures; interrupted and typed again it goes on.
`--models` and `--traps` print the advisor's answers on models and on hazards instead.
"""

import argparse
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.advise_judge.figures import figures, figures_text, keep_figures, kept_models, trap_figures
from benchmarks.advise_judge.model_table import model_rows, table_head
from benchmarks.advise_judge.trap_table import trap_head, trap_rows
from benchmarks.advise_judge.verdicts import MISSED, judge_program
from benchmarks.entry import DONE, FAILED, INTERRUPTED, STOP_S, OneLineParser, interruptible, path_of
from benchmarks.fork import ForkedProcess
from benchmarks.record.whole_file import write_whole
from benchmarks.waits import status_within

OUT = Path("results/runs/advise-judge")
#: Seconds between two looks at the processes that judge.
_LOOK_S = 0.02


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    FAILED if a mistake was found that is more than a missed saving, or if a program has no row.
    """
    parser = OneLineParser(
        mistake="error: {message}; {prog} --help says more",
        prog="python -m benchmarks.advise_judge",
        description=__doc__,
    )
    parser.add_argument("--programs", metavar="COUNT", type=int, default=500, help="how many (500)")
    parser.add_argument("--seed", metavar="NUMBER", type=int, default=1, help="the first program's seed (1)")
    parser.add_argument("--jobs", metavar="COUNT", type=int, default=2, choices=(1, 2), help="at a time: 1 or 2 (2)")
    parser.add_argument("--out", metavar="DIR", type=path_of, default=OUT, help=f"where rows go ({OUT})")
    parser.add_argument("--keep", metavar="DIR", type=path_of, help="also write the figures that the README shows")
    parser.add_argument("--again", action="store_true", help="judge anew what has a row already")
    parser.add_argument("--fresh", action="store_true", help="start each process of the advisor anew, and fork none")
    parser.add_argument("--models", metavar="STEP", nargs="*", help="judge it on models instead: some steps, or all")
    parser.add_argument(
        "--best", action="store_true", help="of models: find what could be saved as well (minutes each)"
    )
    parser.add_argument("--traps", metavar="HAZARD", nargs="*", help="judge it on hazards instead: some, or all")
    parsed = parser.parse_args(arguments)
    if parsed.models is not None or parsed.traps is not None:
        return _tables(parsed)
    seeds = range(parsed.seed, parsed.seed + parsed.programs)
    parsed.out.mkdir(parents=True, exist_ok=True)
    try:
        with interruptible():
            rows = judged(seeds, parsed.out, parsed.jobs, parsed.again, parsed.fresh)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        return INTERRUPTED
    found = figures(rows, sorted({*seeds} - {row["seed"] for row in rows}))
    print(figures_text(found))
    if parsed.keep:
        keep_figures(parsed.keep, "programs", dict(found))
    wrong = [mistake for row in rows for mistake in row["mistakes"] if mistake["kind"] != MISSED]
    return FAILED if wrong or len(rows) < len(seeds) else DONE


def _tables(parsed: argparse.Namespace) -> int:
    """Judge the advisor on models, on hazards, or on both, and return the exit status: FAILED if it made a mistake."""
    parsed.out.mkdir(parents=True, exist_ok=True)
    _load_once()
    rows = []
    try:
        with interruptible():
            if parsed.models is not None:
                print(table_head())
                rows += _stored(model_rows(parsed.models, parsed.best, _show), parsed.out / "models.json")
                if parsed.keep:
                    keep_figures(parsed.keep, "models", kept_models(rows))
            if parsed.traps is not None:
                print(trap_head())
                found = _stored(trap_rows(parsed.traps, _show), parsed.out / "traps.json")
                rows += found
                if parsed.keep:
                    keep_figures(parsed.keep, "traps", dict(trap_figures(found)))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return FAILED if any(row["mistakes"] for row in rows) else DONE


def _load_once() -> None:
    """Load what each fork would load at its first optimizer and its first gradient, which takes seconds."""
    torch.set_num_threads(1)  # a process that has started threads cannot be forked from
    for module in ("torch._dynamo", "torch.fx.experimental.symbolic_shapes", "benchmarks.advise.worker"):
        importlib.import_module(module)


def _show(line: str) -> None:
    print(line, flush=True)


def _stored(rows: list[dict[str, Any]], file: Path) -> list[dict[str, Any]]:
    file.write_text(json.dumps(rows, indent=1, default=str) + "\n", encoding="utf-8")
    return rows


def judged(seeds: range, out: Path, jobs: int, again: bool, fresh: bool) -> list[dict[str, Any]]:
    """Make the rows that are missing, and return those of all seeds in their order."""
    _load_once()
    waiting = iter([seed for seed in seeds if again or not _row_file(out, seed).exists()])
    running: dict[int, ForkedProcess] = {}
    try:
        while True:
            running |= {seed: _started(seed, out, fresh) for seed in _some(waiting, jobs - len(running))}
            if not running:
                break
            time.sleep(_LOOK_S)
            ended = {seed: fork.returncode for seed, fork in running.items() if fork.poll() is not None}
            for seed, status in ended.items():
                del running[seed]
                if not _row_file(out, seed).exists():
                    print(f"seed {seed}: ended with status {status}", file=sys.stderr)
    except BaseException:
        for fork in running.values():
            if fork.poll() is None:
                os.kill(fork.pid, signal.SIGTERM)
        for fork in running.values():
            status_within(fork, STOP_S)
            fork.end()
        raise
    return [json.loads(_row_file(out, seed).read_text()) for seed in seeds if _row_file(out, seed).exists()]


def _some(waiting: Iterator[int], count: int) -> Iterator[int]:
    for _ in range(count):
        seed = next(waiting, None)
        if seed is not None:
            yield seed


def _row_file(out: Path, seed: int) -> Path:
    return out / f"{seed:06}.json"


def _started(seed: int, out: Path, fresh: bool) -> ForkedProcess:
    """Start a process that judges one program and writes its row. Ctrl-C is for it too: it ends its advisor."""
    return ForkedProcess(lambda: _judge(seed, out, fresh), own_group=False)


def _judge(seed: int, out: Path, fresh: bool) -> int:
    try:
        row = judge_program(seed, fresh)
    except KeyboardInterrupt:
        return INTERRUPTED  # the command itself prints that it was interrupted
    write_whole(_row_file(out, seed), json.dumps(row, default=str) + "\n")
    shown = ", ".join(sorted({mistake["kind"] for mistake in row["mistakes"]}))
    print(f"{seed}: {shown or 'right'}", file=sys.stderr, flush=True)
    return 0
