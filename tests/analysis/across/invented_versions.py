"""Invented runs of several versions of torch, machines and devices: what changes between them is named."""

from collections.abc import Mapping
from pathlib import Path

from analysis.run.load import StoredRun, load_runs
from analysis.section import Section, sections
from tests.analysis.invented import MACHINE, append_bytes, append_times, around, case, empty_run, scenario_case

PAIRS = {
    "relu": {"outofplace": "x.relu()", "inplace": "x.relu_()"},
    "exp": {"outofplace": "x.exp()", "inplace": "x.exp_()"},
    "net": {"outofplace": "F.relu(x)", "inplace": "y = conv(x).relu_()"},
}
SCENARIOS = {"net": {"topic": "vision", "scales": [8]}}


def version_run(
    parent: Path,
    torch: str,
    speedups: Mapping[str, float],
    peaks: Mapping[str, int] | None = None,
    host: str = "bench-1",
    device: str = "cpu",
    day: int = 1,
) -> Path:
    """A complete run: by pair its speedup and, out-of-place, its peak bytes; `net` is a scenario. A dozen other ops
    never change, so that drift is known."""
    facts = {"machine": {**MACHINE, "torch_version": torch, "host": host}, "method": 4, "pairs": PAIRS}
    name = f"2026010{day}T000000Z-{host}-torch{torch}-{device.replace(':', '')}"
    folder = empty_run(parent, name, **facts, start=f"2026-01-0{day}T00:00:00Z", scenarios=SCENARIOS)
    heap = {"device": device, "allocator": "retained" if device == "cpu" else "caching"}
    for pair, speedup in ({f"steady{n}": 1.2 for n in range(12)} | dict(speedups)).items():
        of = scenario_case(pair, **heap) if pair in SCENARIOS else case(pair, **heap)
        append_times(folder, of, around(speedup, 0.01))
        peak = (peaks or {}).get(pair, 1024)
        append_bytes(folder, of, {"peak_bytes": 2 * peak}, {"peak_bytes": peak})
    return folder


def three_versions(parent: Path) -> list[Path]:
    """relu and the net that calls it turn from faster to slower with 2.13; exp takes more bytes from 2.15 on."""
    before, after = {"relu": 1.5, "net": 1.5, "exp": 1.3}, {"relu": 0.8, "net": 0.8, "exp": 1.3}
    return [
        version_run(parent, "2.6.0+cu124", before, day=3),
        version_run(parent, "2.13.0", after, day=2),
        version_run(parent, "2.15.0", after, {"exp": 1412}, day=1),
    ]


def sections_of(*folders: Path) -> list[Section]:
    runs: list[StoredRun] = load_runs(folders)
    return sections(runs)
