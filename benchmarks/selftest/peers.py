"""The same statement measured twice by other tools, in equal time: plain pytest-benchmark and torch.utils.benchmark."""

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from torch.utils.benchmark import Timer

from benchmarks.selftest import peer_statements
from benchmarks.selftest.peer_statements import NUMELS, OPS, SLOTS, statement_input


def pytest_benchmark_errors(seconds: float, processes: int) -> list[float]:
    """Return |ln ratio| of the two medians of each statement in each of so many fresh processes.

    `seconds`: the time of one median. CalledProcessError if pytest fails.
    """
    errors: list[float] = []
    for _ in range(processes):
        with tempfile.TemporaryDirectory() as folder:
            command = [
                sys.executable,
                "-m",
                "pytest",
                peer_statements.__file__,
                "--noconftest",
                "-c",
                "/dev/null",
                "-q",
            ]
            command += ["-p", "no:cacheprovider", f"--rootdir={folder}", f"--benchmark-storage=file://{folder}"]
            command += [f"--benchmark-max-time={seconds}", "--benchmark-save=peers"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            (path,) = Path(folder).rglob("*_peers.json")
            stored = json.loads(path.read_text())
        medians = {tuple(row["extra_info"].values()): row["stats"]["median"] for row in stored["benchmarks"]}
        for op in OPS:
            for numel in NUMELS:
                first, second = (medians[op, numel, slot] for slot in SLOTS)
                errors.append(abs(math.log(first / second)))
    return errors


def torch_benchmark_errors(seconds: float, repeats: int) -> list[float]:
    """Return |ln ratio| of the two medians of each statement, so many times, by torch.utils.benchmark.

    `seconds`: the time of one median. It uses as many threads as torch does here, for a fair comparison.
    """
    errors = []
    for _ in range(repeats):
        for op in OPS:
            for numel in NUMELS:
                names = {"op": OPS[op], "x": statement_input(numel)}
                timer = Timer("op(x)", globals=names, num_threads=torch.get_num_threads())
                first, second = (timer.blocked_autorange(min_run_time=seconds).median for _ in SLOTS)
                errors.append(abs(math.log(first / second)))
    return errors
