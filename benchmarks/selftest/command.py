"""The self-test from its runs to its table."""

import json
import math
import time
from pathlib import Path
from types import ModuleType

import torch

from benchmarks.planning.presets import PRESETS
from benchmarks.running.start import new_run
from benchmarks.selftest import aa_pairs, known_bytes, peers, planted_pairs, results

NUMELS = "1Ki,16Ki,64Ki,256Ki,1Mi,4Mi"
PLANTED_NUMELS = "1Ki,16Ki,64Ki,256Ki,1Mi"
PASSES = PRESETS["quick"].passes
SECONDS = PRESETS["quick"].seconds


def run_selftest(out: Path, trials: int, pairs: str) -> str:
    """Run everything under `out`; the table as Markdown, also stored there with its rows as JSON.

    `trials`: at least that many A/A trials and planted trials. `pairs`: names for the repeated run ("": all).
    """
    began = time.monotonic()
    rows: list[tuple[str, str]] = []
    folder = _run_pairs(out, "same", aa_pairs, NUMELS, _passes(trials, len(aa_pairs.SAME) * 4 * len(NUMELS.split(","))))
    rows += results.aa_rows(results.trials(folder, PASSES))
    rows += _peer_rows(trials)
    carry_over = results.carry_over_rows(folder)
    folder = _run_pairs(out, "planted", planted_pairs, PLANTED_NUMELS, _passes(trials, len(planted_pairs.PAIRS) * 5))
    rows += results.planted_rows(results.trials(folder, PASSES))
    rows += results.bytes_rows(_run_pairs(out, "known_bytes", known_bytes, "1Ki,1000003,4Mi", 1))
    rows += _repeat_rows(out, pairs)
    rows += carry_over
    table = _markdown(rows, time.monotonic() - began)
    out.mkdir(parents=True, exist_ok=True)
    (out / "selftest.md").write_text(table, encoding="utf-8")
    (out / "selftest.json").write_text(json.dumps(dict(rows), indent=1) + "\n", encoding="utf-8")
    return table


def _passes(trials: int, cases: int) -> int:
    """Passes so that cases x passes / PASSES trials are at least as many as asked for."""
    return PASSES * max(1, math.ceil(trials / cases))


def _run_pairs(out: Path, label: str, module: ModuleType, numels: str, passes: int) -> Path:
    """A run of one pair file, under the ordinary supervisor; its folder."""
    raw = {"preset": "selftest", "device": "cpu", "pairs": str(module.__file__), "numel": numels, "label": label}
    return _run(raw | {"passes": str(passes)}, out)


def _repeat_rows(out: Path, pairs: str) -> list[tuple[str, str]]:
    of_runs = []
    for label in ("repeat-1", "repeat-2"):
        folder = _run({"preset": "quick", "device": "cpu", "pair": pairs, "label": label}, out)
        of_runs.append(results.trials(folder, PASSES))
    return results.repeat_rows(*of_runs)


def _run(raw: dict[str, str], out: Path) -> Path:
    return new_run({"select": "", **raw}, out, "python -m benchmarks selftest").folder


def _peer_rows(trials: int) -> list[tuple[str, str]]:
    """(d): each half of a peer's trial gets half of what a case gets here over all its passes."""
    seconds = PASSES * SECONDS / 2
    repeats = math.ceil(trials / (len(peers.OPS) * len(peers.NUMELS)))
    plain = peers.pytest_benchmark_errors(seconds, repeats)
    timer = peers.torch_benchmark_errors(seconds, repeats)
    return [
        ("A/A by plain pytest-benchmark: error of the ratio", results.ratio_errors_text(plain)),
        ("A/A by torch.utils.benchmark: error of the ratio", results.ratio_errors_text(timer)),
    ]


def _markdown(rows: list[tuple[str, str]], wall_s: float) -> str:
    """The table, and the conditions it holds under."""
    head = f"{PASSES} passes x at most {SECONDS:g} s a case; torch {torch.__version__}; {wall_s / 60:.0f} min in all"
    lines = [f"Self-test: {head}.", "", "| what | measured |", "|---|---|"]
    return "\n".join([*lines, *(f"| {what} | {value} |" for what, value in rows)]) + "\n"
