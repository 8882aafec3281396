"""What the page of a large fleet costs: invented runs, added to a dataset in processes of their own.

    python -m tests.analysis.fleet_scale --kinds 20 --versions 10 --measurements 50000

makes 200 runs of 50,000 measurements, ten at a time, adds each ten by `python -m analysis dataset` and removes them. It
prints the seconds and the resident peak of each process, then those of the page, its size, how long a browser takes to
open it, and whether the page has the changes that were planted. With `--whole 4` the files of the other 16 kinds are
copies of the first four kinds' with noise in the speedups: the page reads as much, in less time. No test runs this.
"""

import argparse
import itertools
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.dataset.grid_page import CHANGES, PAGE
from analysis.dataset.parquet_runs import SCHEMA, SUFFIX, columnar_runs, read_columns, write_run_columns
from tests.analysis.invented import MACHINE
from tests.analysis.scale import FAMILIES, PAIRS_A_FAMILY, Differs, cost, large_run, opened

#: Runs that a process adds, and that are on disk at once.
AT_ONCE = 10
HOSTS = 5  #: machines of a kind
GROWTH = 1.5
Planted = dict[str, set[tuple[str, str]]]  #: by kind of change, the op and the version since which it differs


def versions(count: int) -> list[str]:
    return [f"2.{6 + number}.0" for number in range(count)]


def planted(count: int) -> Planted:
    """From each version to the next the speedups of one op turn round, and the bytes of another grow."""
    rng = random.Random(1)
    names = [f"op{f}_{n}" for f in range(FAMILIES) for n in range(PAIRS_A_FAMILY)]
    chosen = iter(rng.sample(names, 2 * (count - 1)))
    return {kind: {(next(chosen), after) for after in versions(count)[1:]} for kind in ("verdict", "bytes")}


def differs_at(version: str, changes: Planted) -> Differs:
    """What is planted in a version: all that began there or before."""

    def since(kind: str, factor: float) -> dict[str, float]:
        return {pair: factor for pair, after in changes[kind] if int(after.split(".")[1]) <= int(version.split(".")[1])}

    return Differs(since("verdict", 1 / 4), since("bytes", GROWTH))


def invented_runs(parent: Path, kinds: int, count: int, measurements: int) -> Iterator[Path]:
    """A run per kind of machine and version, as merged from the shards of five machines."""
    changes = planted(count)
    for version in versions(count):
        for kind in range(1, kinds + 1):
            hosts = "+".join(f"m{kind}-{number}" for number in range(1, HOSTS + 1))
            machine = {**MACHINE, "cpu_model": f"Invented CPU {kind}", "host": hosts, "torch_version": version}
            name = f"20260102T030405Z-kind{kind}-torch{version}"
            yield large_run(parent, measurements, name, differs_at(version, changes), machine=machine)


def add_copies(dataset: Path, whole: int, kinds: int) -> None:
    """Files of further kinds: copies of those that are there, with other names and noise."""
    rng = np.random.default_rng(2)
    for run in columnar_runs(dataset):
        first = int(run.name.split("kind")[1].split("-")[0])
        cases = read_columns(run, "cpu", SCHEMA.names)
        for kind in range(first + whole, kinds + 1, whole):
            noise = np.exp(rng.normal(0, 0.01, len(cases)))
            name = run.name.replace(f"kind{first}-", f"kind{kind}-")
            facts = replace(run, name=name, machines={"cpu": f"Invented CPU {kind}, 4 cores"})
            columns = {column: cases[column] * noise for column in ("speedup", "speedup_low", "speedup_high")}
            write_run_columns(cases.assign(**columns), facts, dataset / f"{name}{SUFFIX}")


def add_all(dataset: Path, runs: Iterator[Path], total: int) -> None:
    """Add the runs, some at once, each lot by a process, and print what that takes."""
    done = 0
    while some := list(itertools.islice(runs, AT_ONCE)):
        spent = cost("dataset", *map(str, some), "--in", str(dataset), "--no-page")
        done += len(some)
        print(
            f"added {done} of {total} runs: {spent['wall_s']:.1f} s, peak {spent['peak_bytes'] / 2**20:.0f} MiB",
            flush=True,
        )
        for run in some:
            shutil.rmtree(run)


def found_planted(dataset: Path, count: int, kinds: int) -> list[str]:
    """What the table of changes has of what was planted, and what else."""
    table = pd.read_csv(dataset / CHANGES)
    said = []
    for kind, ops in planted(count).items():
        rows = table[table["kind"] == kind]
        is_planted = [key in ops for key in zip(rows["pair"], rows["after"], strict=True)]
        everywhere, others = int((rows[is_planted]["places"] == kinds).sum()), rows[[not each for each in is_planted]]
        said.append(
            f"{kind}: {sum(is_planted)} of {len(ops)} planted changes found, {everywhere} of them on all kinds; "
            f"{len(others)} others, of {int(others['cases'].sum())} cases"
        )
    return said


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, usual in (("kinds", 20), ("versions", 10), ("measurements", 50_000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--whole", type=int, help="kinds whose runs are made and added; the others are copies")
    parser.add_argument("--to", type=Path, help="leave the dataset and its page here")
    asked = parser.parse_args(words)
    whole = min(asked.whole or asked.kinds, asked.kinds)
    with tempfile.TemporaryDirectory() as scratch:
        dataset = asked.to or Path(scratch) / "dataset"
        runs = invented_runs(Path(scratch) / "runs", whole, asked.versions, asked.measurements)
        add_all(dataset, runs, whole * asked.versions)
        add_copies(dataset, whole, asked.kinds)
        spent = cost("dataset", "--in", str(dataset))
        files = columnar_runs(dataset)
        size = sum(run.path.stat().st_size for run in files)
        print(f"{len(files)} runs, {sum(run.measurements for run in files):,} measurements, {size / 2**20:.1f} MiB")
        page = (dataset / PAGE).stat().st_size / 2**20
        print(f"page: {spent['wall_s']:.1f} s, peak {spent['peak_bytes'] / 2**20:.0f} MiB, {page:.2f} MiB", flush=True)
        seconds = opened(dataset / PAGE)
        print("opens: no browser" if seconds is None else f"opens: {seconds:.2f} s")
        print("\n".join(found_planted(dataset, asked.versions, asked.kinds)))


if __name__ == "__main__":
    main()
