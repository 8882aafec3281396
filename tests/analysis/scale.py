"""What the analysis of a large run costs: invented runs, each reported in a process of its own.

    python -m tests.analysis.scale 1000 10000 100000

prints a row a number of measurements: seconds of wall and CPU time, the process's resident peak, the sizes of what was
written, and how long a browser takes to open it, where there is one. No test runs this: the figures are the machine's.
"""

import argparse
import itertools
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.record import INPLACE, OUTOFPLACE, Case, Measurement
from benchmarks.record.folder import JOURNAL_FILE
from tests.analysis.invented import PASSES, case, empty_run

FAMILIES, PAIRS_A_FAMILY = 11, 22
ROUNDS = 40  #: of a case in a pass: what `quick` makes of it, in the median
PHASES = ("inference", "step", "forward", "backward")
NUMELS = (65536, 1048576, 1024, 4194304)
AXES = (
    *(("float32", "contiguous"), ("bfloat16", "contiguous"), ("float64", "contiguous"), ("float32", "transposed")),
    *(("int64", "contiguous"), ("float32", "strided"), ("float16", "contiguous"), ("complex64", "strided")),
)


def cases() -> Iterator[Case]:
    """As many as are asked for: every pair once, then again at other values of the axes."""
    pairs = [(f"family{f}", f"op{f}_{n}") for f in range(FAMILIES) for n in range(PAIRS_A_FAMILY)]
    axes = ((axes, phase, numel) for axes, numel, phase in itertools.product(AXES, NUMELS, PHASES))
    for ((dtype, layout), phase, numel), (family, pair) in itertools.product(axes, pairs):
        yield case(pair, family=family, phase=phase, numel=numel, dtype=dtype, layout=layout)


@dataclass(frozen=True)
class Differs:
    """By what factor the pairs of a run differ from the usual, by name."""

    speedup: Mapping[str, float] = field(default_factory=dict)
    bytes: Mapping[str, float] = field(default_factory=dict)


def large_run(
    parent: Path, measurements: int, name: str = "", differs: Differs | None = None, **changes: object
) -> Path:
    """A run of about `measurements` lines: PASSES timed passes and one of memory over as many cases as that takes.

    Runs of one size have the same cases with the same speedups, but for `differs` and noise. `changes`: other facts.
    """
    chosen = list(itertools.islice(cases(), max(1, measurements // (2 * (PASSES + 1)))))
    rng, differs = random.Random(measurements), differs or Differs()
    code = {each.pair: {"outofplace": f"x.{each.pair}()", "inplace": f"x.{each.pair}_()"} for each in chosen}
    folder = empty_run(parent, name=name or f"run-{measurements}", pairs=code, **changes)
    truth = {each: rng.lognormvariate(0.2, 0.3) * differs.speedup.get(each.pair, 1.0) for each in chosen}
    rng = random.Random(name or measurements)
    with (folder / JOURNAL_FILE).open("w", encoding="utf-8") as journal:
        for number in range(PASSES):
            rng.shuffle(chosen)
            for each in chosen:
                journal.write(_pair_of_lines(_timed(each, number, truth[each], rng)))
        for each in chosen:
            journal.write(_pair_of_lines(_memory(each, differs.bytes.get(each.pair, 1.0))))
    return folder


def _timed(of: Case, number: int, speedup: float, rng: random.Random) -> tuple[Measurement, Measurement]:
    base = 1e-6 + of.numel * 1e-10
    times = [tuple(round(t * rng.lognormvariate(0, 0.02), 10) for _ in range(ROUNDS)) for t in (base, base / speedup)]
    known = {"verified": True, "calls_per_round": 10, "page_faults": 0.0, "floor_s": 1e-6, "wall_s": 0.1}
    known |= {"moved_bytes": 8 * of.numel, "ceiling_bytes_per_s": 2e10, "other_load_ratio": 0.01, "rounds_s": 0.08}
    out = Measurement(of, OUTOFPLACE, "time", number, times_s=times[0], **known)
    return out, replace(out, variant=INPLACE, times_s=times[1])


def _memory(of: Case, factor: float) -> tuple[Measurement, Measurement]:
    bytes_ = {"peak_bytes": round(8 * of.numel * factor), "rss_peak_bytes": 8 * of.numel}
    if of.phase != "inference":
        bytes_ |= {"held_bytes": 8 * of.numel, "step_peak_bytes": 12 * of.numel}
    out = Measurement(replace(of, allocator="inherited"), OUTOFPLACE, "memory", PASSES, verified=True, **bytes_)
    return out, replace(out, variant=INPLACE, **{name: count // 2 for name, count in bytes_.items()})


def _pair_of_lines(pair: tuple[Measurement, Measurement]) -> str:
    return "".join(each.line() + "\n" for each in pair)


def cost(*words: str) -> dict[str, float]:
    """Seconds and the resident peak of the process of a command of the analysis."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "analysis", *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    wall = time.perf_counter() - started
    return {"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_bytes": usage.ru_maxrss * 1024}


def opened(page: Path) -> float | None:
    """Seconds until a browser has opened a page; None without one."""
    try:
        from tests.analysis.report.browser import chromium
    except ImportError:
        return None
    driver = chromium.start()
    if driver is None:
        return None
    try:
        return chromium.opening_s(chromium.Browser(driver), page)
    finally:
        driver.quit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measurements", nargs="+", type=int)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the runs and their reports here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        parent = options.keep or Path(temporary)
        print("measurements   cases  journal MiB  wall s  CPU s  peak MiB  html MiB  markdown KiB  opens s")
        for count in options.measurements:
            run = parent / f"run-{count}"
            run = run if run.exists() else large_run(parent, count)
            to = parent / f"report-{count}"
            spent = cost("report", str(run), "--to", str(to))
            files = (run / JOURNAL_FILE, to / "report.html", to / "report.md")
            journal, html, markdown = (path.stat().st_size for path in files)
            opening = opened(to / "report.html")
            print(
                f"{count:12,} {count // (2 * (PASSES + 1)):7,} {journal / 2**20:12.1f} {spent['wall_s']:7.1f} "
                f"{spent['cpu_s']:6.1f} {spent['peak_bytes'] / 2**20:9.0f} {html / 2**20:9.2f} {markdown / 1024:13.1f} "
                f"{'no browser' if opening is None else format(opening, '8.2f')}"
            )


if __name__ == "__main__":
    main()
