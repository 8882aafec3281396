"""Whether the engine changes what is measured: A/A pairs inside the fleet and outside, in turns.

    python -m tests.fleet.engine_bias --turns 2 --python FILE [--without-ray]

In each turn the same cases are measured by a command alone, then as a shard on a Ray node of this host (three nodes are
up), or without Ray. Every variant is timed against itself, so its true speedup is 1. No test runs this: the machine
must be quiet.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from analysis.numbers.ratios import case_table
from analysis.run.load import CASE_COLUMNS, load_run
from benchmarks.fleet.fleet_engine import Engine, ShardTask
from benchmarks.fleet.ray_engine import RayEngine
from benchmarks.fleet.schedule import DONE, Job, Try
from benchmarks.fleet.this_machine import ThisMachine
from benchmarks.record.command import option_words
from benchmarks.record.interval import FASTER, SLOWER
from benchmarks.record.versions import release
from benchmarks.selftest import aa_pairs
from benchmarks.selftest.ratio_errors import ratio_errors_text
from tests.fleet.ray_machines import machines_up, wrapped_environments
from tests.support.commands import ROOT

OPS = ("exp", "relu")
OPTIONS = {
    "preset": "quick",
    "pair": ",".join(name for op in OPS for times in aa_pairs.AA_PAIR_NAMES[op] for name in times),
    "numel": "1Ki,1Mi",
    "threads": "1",
    "passes": "6",
}
SHARD, KIND = "1/1", "here"


@dataclass
class MeasuredSide:
    """What one side measured: a table of cases per turn."""

    tables: list[pd.DataFrame] = field(default_factory=list)

    @property
    def errors(self) -> list[float]:
        """|ln speedup| of every case and turn: the truth is 0."""
        return [abs(value) for table in self.tables for value in table["log_speedup"].dropna()]

    @property
    def false_verdicts(self) -> int:
        return sum(int(table["verdict"].isin([FASTER, SLOWER]).sum()) for table in self.tables)

    def add(self, run: Path) -> None:
        self.tables.append(case_table(load_run(run)))


def measured_alone(python: str, out: Path, options: Mapping[str, str]) -> Path:
    """The cases as a user's command measures them."""
    out.mkdir(parents=True)
    words = option_words({**options, "device": "cpu", "shard": SHARD})
    command = [python, "-m", "benchmarks", "run", *words, "--out", str(out), "--no-report"]
    kept = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(command, cwd=out, env={**kept, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    (run,) = out.glob("2*")
    return run


def measured_by_engine(
    engine: Engine, version: str, environments: Path, scratch: Path, options: Mapping[str, str]
) -> Path:
    """The cases as a shard of a fleet; the folder of its run."""
    (node, *_) = engine.nodes()
    job = Job("bias", node.kind, version, "cpu", 1, 1)
    places = {"work": str(scratch / "work"), "environments": str(environments)}
    begun = Try(job, node.name, 0, 1)
    engine.begin(begun, ShardTask(job.run, SHARD, version, "cpu", options, node.name, "cpu", **places))
    while True:
        for _, report in engine.reports(1.0):
            if report.how and report.how != DONE:
                log = scratch / "work" / node.name / job.run / SHARD.replace("/", "of") / "log"
                raise SystemExit(f"{report.text}\n{log.read_text()[-3000:] if log.exists() else ''}")
            if report.how:
                for name, content in report.files.items():
                    path = scratch / "run" / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
                return path.parent


@contextmanager
def engine_up(with_ray: bool) -> Iterator[Engine]:
    kinds = {KIND: "cpu"}
    if not with_ray:
        with closing(ThisMachine(kinds, "m", 0)) as engine:
            yield engine
        return
    with machines_up() as machines, closing(RayEngine(machines.address, kinds)) as engine:
        yield engine


def time_ratios(before: pd.DataFrame, after: pd.DataFrame) -> list[float]:
    """ln of the times of `after` over those of `before`, per case and variant."""
    tables = [table.assign(shape=table["shape"].astype(str)).set_index(list(CASE_COLUMNS)) for table in (before, after)]
    times = ["outofplace_time_s", "inplace_time_s"]
    values = np.log(tables[1][times] / tables[0][times]).to_numpy(dtype=float).ravel()  # cases of one table alone: NaN
    return values[np.isfinite(values)].tolist()


def bias_rows(alone: MeasuredSide, inside: MeasuredSide) -> dict[str, str]:
    """The errors of both sides (|ln speedup|), and whether times moved together: what was measured, and the result."""
    rows = {}
    for name, side in (("alone", alone), ("inside", inside)):
        rows |= {f"{name}: error": ratio_errors_text(side.errors), f"{name}: false verdicts": str(side.false_verdicts)}
    pairs = [("inside / alone", list(zip(alone.tables, inside.tables, strict=True)))]
    pairs.append(("alone / alone, a turn later", list(zip(alone.tables, alone.tables[1:], strict=False))))
    for name, of_turns in pairs:
        logs = [value for before, after in of_turns for value in time_ratios(before, after)]
        if logs:
            middle, spread = statistics.median(logs), statistics.median(abs(value) for value in logs)
            rows[f"times, {name}"] = (
                f"median {np.exp(middle):.4f}x, median distance from 1x {spread:.2%} (n = {len(logs)})"
            )
    return rows


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--python", default=sys.executable, help="the interpreter that measures, on both sides")
    parser.add_argument("--without-ray", action="store_true")
    parser.add_argument("--json", type=Path, help="write the results there too, as results/reference/selftest has them")
    asked = parser.parse_args(words)
    version, alone, inside = release(str(torch.__version__)), MeasuredSide(), MeasuredSide()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        environments = wrapped_environments(scratch / "environments", {version: asked.python})
        options = {
            **OPTIONS,
            "pairs": str(shutil.copy(aa_pairs.__file__, scratch / "aa.py")),
        }  # no checkout is around it
        for turn in range(asked.turns):
            alone.add(measured_alone(asked.python, scratch / f"alone{turn}", options))
            with engine_up(not asked.without_ray) as engine:
                inside.add(measured_by_engine(engine, version, environments, scratch / f"inside{turn}", options))
            print(f"turn {turn + 1} of {asked.turns}", flush=True)
    rows = bias_rows(alone, inside)
    print("\n".join(f"{what}: {result}" for what, result in rows.items()))
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
