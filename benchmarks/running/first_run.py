"""The first run on a new device: the most informative cases in eight minutes, in parts with a time limit each.

Every part is an ordinary run, stored under one folder. A part that reaches its limit is partial. The same command,
typed again, finishes it and skips complete parts.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.entry import run_command
from benchmarks.record import OK
from benchmarks.record.folder import read_journal, read_run
from benchmarks.running.facts import suite_hash
from benchmarks.running.stored_run import is_complete_run, stored_runs

MOST_REASONS = 20


@dataclass(frozen=True)
class FirstRunPart:
    """One part, which is one run: its label, its time limit, and the options that choose its cases."""

    label: str
    limit_s: float
    options: tuple[str, ...]


OPS = (
    *("add", "mul", "neg", "clamp", "sqrt", "square", "relu", "leaky_relu", "hardtanh", "silu", "dropout"),
    *("foreach_add", "foreach_mul"),
)
SCENARIOS = (
    *("resnet20_relu", "resnet_elu_depth", "abn_chain", "adam_single", "adam_foreach", "adam_fused", "clip_grad_norm"),
    *("kv_append", "rnn_cell", "block_dropout", "attention_mask", "label_smoothing"),
)

#: All of them take at most 480 s, with the short self-test before them and the time to stop after each.
PARTS = (
    FirstRunPart("first-smoke", 75, ("--preset", "smoke", "--select", "not bench_scenarios")),
    FirstRunPart("first-ops", 195, ("--preset", "quick", "--pair", ",".join(OPS))),
    FirstRunPart("first-scenarios", 65, ("--preset", "smoke", "--pair", ",".join(SCENARIOS))),
)
CHECK_S = 85.0


def first_run(device: str, out: Path, options: Sequence[str], say: Callable[[str], object]) -> bool:
    """Run the short self-test of `device`, then PARTS, and store them under `out`.

    Returns whether the self-test holds and each part is complete. `options`: given to every part, such as
    `--host NAME`. `say` gets each line for the user.
    """
    check = [sys.executable, "-m", "benchmarks", "selftest", "--short", "--device", device, "--out", str(out)]
    checked = run_command(check, CHECK_S) == 0
    for part in PARTS:
        say(f"{part.label}: at most {part.limit_s:g} s")
        readable, unreadable = _runs_of(out, part.label)
        for reason in unreadable:
            say(f"passed over: {reason}")
        run = readable[0] if readable else None
        if run is None:
            command = ["run", "--device", device, "--out", str(out), "--label", part.label, *part.options, *options]
        elif is_complete_run(run):
            say(f"{run}: is complete already")
            continue
        else:
            command = ["run", "--resume", str(run)]
        run_command([sys.executable, "-m", "benchmarks", *command, "--no-report"], part.limit_s)
    runs = [(part, next(iter(_runs_of(out, part.label)[0]), None)) for part in PARTS]
    say(f"short self-test: {'holds' if checked else 'FAILS, or did not end: its lines are above'}")
    for part, run in runs:
        _drop_dumps(run)
        for line in summary(part, run):
            say(line)
    return checked and all(is_complete_run(run) for _, run in runs)


def _runs_of(out: Path, label: str) -> tuple[list[Path], list[str]]:
    """Return the runs of a part under `out` that today's code measured, newest first; and why others are unreadable."""
    unreadable: list[str] = []
    runs = list(stored_runs(out, f"*-{label}", unreadable.append))
    return [run for run, facts in runs if facts.get("suite_sha256") in (None, suite_hash())], unreadable


def _drop_dumps(run: Path | None) -> None:
    """Delete pytest-benchmark's files: the journal holds the same in a tenth of the size."""
    for path in run.glob("pytest-benchmark-*.json") if run else ():
        path.unlink()


def summary(part: FirstRunPart, run: Path | None) -> list[str]:
    """Return lines about a part: its state with a count per state of its cases, then reasons of failures.

    The reasons are sorted by how often they occur; at most MOST_REASONS are shown. RecordError if `run` is unreadable.
    """
    if run is None:
        return [f"{part.label}: nothing was measured"]
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for outofplace, _ in read_journal(run):
        states[f"{outofplace.kind} {outofplace.state}"] += 1
        if outofplace.state != OK:
            case = outofplace.case
            reason = (outofplace.reason or "no reason is stored")[:100]
            reasons[f"{case.pair} {case.phase}: {outofplace.state}: {reason}"] += 1
    counts = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    lines = [f"{part.label}: {read_run(run)['state']}, {counts or 'nothing was measured'} ({run})"]
    return lines + [f"  {reason}" for reason, _ in reasons.most_common(MOST_REASONS)]
