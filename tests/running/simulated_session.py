"""One pass on a simulated GPU: a session, its case and its run, as in a fresh process."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.inputs import Subject
from benchmarks.record import INPLACE, OUTOFPLACE
from benchmarks.running import session as room
from benchmarks.running.run import Pass, Run
from benchmarks.running.session import Session
from tests.measure.clocked import install, use
from tests.measure.simulated_card import Kernel
from tests.measure.simulated_gpu import SimulatedGpu
from tests.running.cases import CASE

NBYTES = 4096
GPU_CASE = replace(CASE, device="cuda:0", allocator="caching", phase="step")
TIME, MEMORY = Pass(1, "time", "retained"), Pass(0, "memory", "fresh")


def new_run(folder: Path) -> Run:
    """An empty run."""
    facts = {"state": "partial", "machine": {}, "passes": [asdict(TIME)], "floors": {}, "ceilings": []}
    return Run.create(folder, {**facts, "budget": {"seconds": 0.001, "precision": 0.1}})


def begin(
    monkeypatch: pytest.MonkeyPatch, run: Run, current: Pass, gpu: SimulatedGpu | None = None
) -> tuple[Session, SimulatedGpu]:
    """A session that measures `subjects_of` the GPU and knows no other pair."""
    gpu = use(monkeypatch, install(monkeypatch, gpu or SimulatedGpu()))

    def prepared(pair: object, case: object) -> SimpleNamespace:
        return SimpleNamespace(pair=pair, case=case, subjects=subjects_of(gpu))

    monkeypatch.setattr(room, "prepare", prepared)
    return Session(run, current, {CASE.pair: SimpleNamespace(verify=False)}), gpu


def subjects_of(gpu: SimulatedGpu, nbytes: int = NBYTES) -> Mapping[str, Subject]:
    """An op's two variants, each with a kernel and one for its gradient."""
    return {
        OUTOFPLACE: gpu.subject([Kernel("neg")], [Kernel("neg")], nbytes, result_bytes=nbytes),
        INPLACE: gpu.subject([Kernel("neg_")], [Kernel("neg")], nbytes),
    }
