"""Many passes of the same 40 cases, each a fresh process and part of one run only, so that runs are independent.

With few cases, the start of processes costs most of the time. So ordinary runs of PASSES passes each make hundreds of
passes, and every SIZE passes form one run of the experiment. Complete runs are kept and partial ones finished, so an
interrupted pool goes on where it stopped. On two quiet cores a pass takes 5.5 s in two processes, one for large cases.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import torch

from analysis.run.load import CASE_COLUMNS, StoredRun, load_run
from benchmarks.planning.plan import make_plan
from benchmarks.planning.presets import Ki, Mi
from benchmarks.record import METHOD_VERSION, Case
from benchmarks.record.folder import RUN_FILE, read_run
from benchmarks.record.run_facts import RunFacts
from benchmarks.running import run as running
from benchmarks.running.facts import file_hash, suite_hash
from benchmarks.running.start import continue_run, new_run
from benchmarks.selftest import regressions

#: Passes of a run of the experiment, the fewest that give an interval; passes of an ordinary run of the pool, at most.
SIZE, PASSES = 6, 60
#: Seconds of rounds per case and pass. With 0.01 a pass takes as long, and the times of large cases scatter twice as
#: much.
SECONDS = 0.04

#: Ops that are bound by memory, of every memory class, and ops that are bound by computing.
OPS = ("add", "relu", "exp", "mul", "neg", "silu", "sigmoid", "clamp", "leaky_relu", "sqrt")
SLOWER_PLACE, LARGER_PLACE = ("inference", Mi), ("inference", Ki)
#: The 40 cases: in cache; in training, where calls cost most; out of L2. The planted regressions are among them. In a
#: comparison of the same code, BASE and HEAD both have them.
PLACES = {
    ("inference", 64 * Ki): OPS,
    ("step", 64 * Ki): OPS,
    LARGER_PLACE: (*OPS[:7], *regressions.LARGER_PAIRS),
    SLOWER_PLACE: (*regressions.SLOWED, *regressions.SLOWER_PAIRS),
}


def cases() -> list[Case]:
    """Return the 40 cases of PLACES."""
    names = ",".join(dict.fromkeys(name for pairs in PLACES.values() for name in pairs))
    numels = ",".join(str(numel) for numel in sorted({numel for _, numel in PLACES}))
    raw = {"preset": "selftest", "device": "cpu", "pairs": regressions.__file__, "pair": names, "numel": numels}
    return [case for case in make_plan(raw).cases if case.pair in PLACES.get((case.phase, case.numel), ())]


def make_pool(out: Path, runs: int) -> list[Path]:
    """Measure the passes of `runs` runs of the experiment that are missing, and return the folders of ordinary runs.

    After KeyboardInterrupt the next call goes on with the stored runs. Those of other code are left aside.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / "cases.json"
    text = json.dumps([asdict(case) for case in cases()], indent=1) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    raw = {"preset": "selftest", "device": "cpu", "pairs": regressions.__file__, "cases": str(path.resolve())}
    passes = min(PASSES, max(1, runs // 2) * SIZE)  # at least two ordinary runs, since the bytes of two are compared
    raw |= {"seconds": str(SECONDS), "passes": str(passes), "label": "pool", "select": ""}
    now = _rests_on_now(path)
    stored = [folder for folder in sorted(out.glob("*-pool*")) if (folder / RUN_FILE).exists()]
    have = [folder for folder in stored if _rests_on(read_run(folder)) == now]
    for folder in have:
        if read_run(folder)["state"] == "partial":
            _complete_folder(continue_run(folder))
    while sum(_passes_of(folder) // SIZE for folder in have) < runs:
        have.append(_complete_folder(new_run(raw, out, "python -m benchmarks selftest --gate")))
    return have


def _rests_on_now(cases_file: Path) -> list[object]:
    """Return what a run of the pool that is measured now rests on, in the order of `_rests_on`."""
    files = (Path(regressions.__file__), cases_file)
    return [METHOD_VERSION, str(torch.__version__), SECONDS, suite_hash(), *map(file_hash, files)]


def _rests_on(facts: RunFacts) -> list[object]:
    """Return what a stored run rests on: method, torch, seconds per case, and the hashes of code, pairs and cases."""
    hashes = [facts.get(name) for name in ("suite_sha256", "pairs_sha256", "cases_sha256")]
    return [facts.get("method"), facts["machine"].get("torch_version"), facts["budget"].get("seconds"), *hashes]


def hours(folders: Sequence[Path]) -> float:
    """Return the hours from the first start of these runs to their last end."""
    facts = [read_run(folder) for folder in folders]
    began, ended = min(each["start"] for each in facts), max(each["end"] or "" for each in facts)
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds() / 3600


def _passes_of(folder: Path) -> int:
    return read_run(folder)["budget"]["passes"]


def _complete_folder(run: running.Run) -> Path:
    if run.facts["state"] == "partial":
        raise KeyboardInterrupt
    return run.folder


def runs_of(folders: Sequence[Path], size: int = SIZE) -> list[StoredRun]:
    """Return the runs of the experiment in the pool, in the order in which they were measured."""
    return [part for folder in folders for part in split(load_run(folder), size)]


def split(run: StoredRun, size: int) -> list[StoredRun]:
    """Return `run` as runs of `size` timed passes each, all with its bytes. Passes that are left over are dropped.

    Each heap has processes of its own in a pass, so the passes of each case are counted.
    """
    frame = run.frame
    timed = frame[frame["kind"] == "time"]
    ordinals = timed.groupby("case_number")["pass_number"].rank(method="dense").astype(int)
    of_part = ((ordinals - 1) // size).reindex(frame.index)
    parts = []
    for number in range(ordinals.groupby(timed["case_number"]).max().min() // size):
        chosen = of_part == number
        numbers = frame.loc[chosen, "pass_number"]
        name = f"{run.name}, passes {numbers.min()} to {numbers.max()}"
        rows = frame[(frame["kind"] == "memory") | chosen]
        facts = {**run.facts, "part": name}
        parts.append(StoredRun(name, run.folder / f"passes-{numbers.min()}", facts, rows.reset_index(drop=True)))
    return parts


def join(parts: Sequence[StoredRun]) -> StoredRun:
    """Join parts of the pool into one run, with the bytes of the first."""
    frames = []
    for number, part in enumerate(parts):
        timed = part.frame["kind"] == "time"
        frame = part.frame[timed] if number else part.frame
        # Passes of different runs of the pool have the same numbers.
        frames.append(frame.assign(pass_number=frame["pass_number"] + 1000 * number))
    return _with(parts[0], " and ".join(part.name for part in parts), pd.concat(frames, ignore_index=True))


def with_regression(run: StoredRun, name: str, op: str, place: tuple[str, int]) -> StoredRun:
    """Return `run` with one regression: measurements of the planted pair `name` replace those of `op` at `place`.

    `place`: phase and number of elements.
    """
    frame = run.frame
    own = (frame["pair"] == op) & (frame["phase"] == place[0]) & (frame["numel"] == place[1])
    changed = frame[frame["pair"] == name].assign(family=frame.loc[own, "family"].iloc[0], pair=op)
    return _with(run, f"{run.name} with {name}", pd.concat([frame[~own], changed], ignore_index=True))


def _with(run: StoredRun, name: str, frame: pd.DataFrame) -> StoredRun:
    """Return `run` under another name with other rows, whose cases are numbered again."""
    numbers = frame.groupby(list(CASE_COLUMNS), sort=False).ngroup()
    return replace(run, name=name, facts={**run.facts, "part": name}, frame=frame.assign(case_number=numbers))
