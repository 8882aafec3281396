"""The self-test from its runs to its table. Runs that an earlier command made with this code are used or finished."""

import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import torch

from benchmarks.catalogue import families
from benchmarks.catalogue.scenarios import topics
from benchmarks.planning.presets import PRESETS
from benchmarks.record import METHOD_VERSION
from benchmarks.record.run_facts import RunFacts
from benchmarks.running.facts import file_hash, suite_hash
from benchmarks.running.start import continue_run, new_run
from benchmarks.running.stored_run import is_complete_run, newest_stored_run
from benchmarks.selftest import aa_pairs, aa_scenarios, carry_over, known_bytes, peers, planted_pairs, repeated, results
from benchmarks.selftest.ratio_errors import ratio_errors_text

NUMELS = ("1Ki", "64Ki", "1Mi", "4Mi")
PLANTED_NUMELS = ("1Ki", "16Ki", "64Ki", "256Ki", "1Mi")
BYTES_NUMELS = ("1Ki", "1000003", "4Mi")
PASSES = PRESETS["quick"].passes
SCENARIO_PASSES = PRESETS["quick"].scenario_passes or PASSES
SECONDS = PRESETS["quick"].seconds

#: One of so many pairs of each family, and scenarios of each topic, is measured in two whole runs.
EVERY = 4


def run_selftest(out: Path, trials: int, pairs: str) -> str:
    """Run the self-test under `out`, and return its table as Markdown. It is also stored there, and its rows as JSON.

    `trials`: the least number of A/A trials and of planted trials. `pairs`: the pairs of the repeated run, separated by
    commas ("": those of `cross_section`). Errors are those of `new_run` and `continue_run`.
    """

    began = time.monotonic()
    rows: list[tuple[str, str]] = []
    count = len(aa_pairs.SAME) * 3 * len(NUMELS)  # ops have three phases and more on average
    same = _run_pairs(out, "same", aa_pairs, _passes(trials, count), NUMELS)
    scenarios = _run_pairs(out, "same-scenarios", aa_scenarios, SCENARIO_PASSES)
    rows += results.aa_rows([*results.trials(same), *results.trials(scenarios)])
    rows += _peer_rows(out, trials)
    planted = _passes(trials, len(planted_pairs.PAIRS) * len(PLANTED_NUMELS))
    rows += results.planted_rows(results.trials(_run_pairs(out, "planted", planted_pairs, planted, PLANTED_NUMELS)))
    rows += results.bytes_rows(_run_pairs(out, "known_bytes", known_bytes, 1, BYTES_NUMELS))
    rows += _repeat_rows(out, pairs or ",".join(cross_section()))
    found = [*carry_over.shifts(same, aa_pairs.AA_PAIR_NAMES)]
    found += carry_over.shifts(scenarios, aa_scenarios.AA_PAIR_NAMES)
    rows += carry_over.carry_over_rows(found)
    table = _markdown(rows, time.monotonic() - began)
    (out / "selftest.md").write_text(table, encoding="utf-8")
    (out / "selftest.json").write_text(json.dumps(dict(rows), indent=1) + "\n", encoding="utf-8")
    return table


def cross_section() -> list[str]:
    """Return the names of every fourth pair of each family and scenario of each topic, without the compiled ones."""
    declared = {**families(), **{topic: some for topic, some in topics().items() if topic != aa_scenarios.LEFT_OUT}}
    return [each.name for some in declared.values() for each in some[::EVERY]]


def _passes(trials: int, cases: int) -> int:
    """Return the number of passes that gives at least `trials` trials: each case gives one per PASSES passes."""
    return PASSES * max(1, math.ceil(trials / cases))


def _run_pairs(out: Path, label: str, module: ModuleType, passes: int, numels: Sequence[str] = ()) -> Path:
    """Run the pairs of one file under the ordinary supervisor, and return the run's folder."""
    raw = {"preset": "selftest", "device": "cpu", "pairs": str(module.__file__), "label": label}
    return _run(raw | {"numel": ",".join(numels), "passes": str(passes)}, out)


def _repeat_rows(out: Path, pairs: str) -> list[tuple[str, str]]:
    labels = ("repeat-1", "repeat-2")
    runs = [_run({"preset": "quick", "device": "cpu", "pair": pairs, "label": label}, out) for label in labels]
    rows = repeated.repeat_rows(*(results.trials(folder) for folder in runs))
    return [*rows, *repeated.unresolved_rows(*runs), repeated.scatter_row(runs[0])]


def _run(raw: dict[str, str], out: Path) -> Path:
    """Return the folder of a run with these options: a stored one, which is finished if partial, or a new one."""
    wanted = {name: value for name, value in raw.items() if value}
    code = (METHOD_VERSION, suite_hash(), file_hash(Path(raw["pairs"]) if "pairs" in raw else None))

    def fits(facts: RunFacts) -> bool:
        stored = (facts.get("method"), facts.get("suite_sha256"), facts.get("pairs_sha256"))
        same_torch = facts["machine"].get("torch_version") == torch.__version__
        return same_torch and (facts.get("options"), stored) == (wanted, code)

    folder = newest_stored_run(out, fits, f"*-{raw['label']}")
    if folder is None:
        return new_run({"select": "", **raw}, out, "python -m benchmarks selftest").folder
    return folder if is_complete_run(folder) else continue_run(folder).folder


def _peer_rows(out: Path, trials: int) -> list[tuple[str, str]]:
    """Return rows (what, text) with the errors of other tools.

    Both halves of a trial together get as many seconds as a case gets here over all its passes.
    """
    seconds = PASSES * SECONDS / 2
    repeats = math.ceil(trials / (len(peers.OPS) * len(peers.NUMELS)))
    file, asked = out / "peers.json", {"torch": torch.__version__, "seconds": seconds, "repeats": repeats}
    answers = _stored_answers(file, asked)
    if answers is None:
        answers = peers.pytest_benchmark_errors(seconds, repeats), peers.torch_benchmark_errors(seconds, repeats)
        file.write_text(json.dumps({"asked": asked, "answers": answers}) + "\n", encoding="utf-8")
    plain, timer = answers
    return [
        ("A/A by plain pytest-benchmark: error of the ratio", ratio_errors_text(plain)),
        ("A/A by torch.utils.benchmark: error of the ratio", ratio_errors_text(timer)),
    ]


def _stored_answers(file: Path, asked: Mapping[str, object]) -> tuple[list[float], list[float]] | None:
    """Return the errors of both tools that an earlier command stored for `asked`; None if it stored none."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        plain, timer = stored["answers"]
        return (plain, timer) if stored["asked"] == asked else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _markdown(rows: list[tuple[str, str]], wall_s: float) -> str:
    """Return the table as Markdown, below a line with the conditions under which it was measured."""

    quick = PRESETS["quick"]
    head = (
        f"{PASSES} passes x at most {SECONDS:g} s a case of an op, {SCENARIO_PASSES} x {quick.scenario_seconds:g} s "
        f"of a scenario; torch {torch.__version__}; {wall_s / 60:.0f} min in all"
    )
    lines = [f"Self-test: {head}.", "", "| what | measured |", "|---|---|"]
    return "\n".join([*lines, *(f"| {what} | {value} |" for what, value in rows)]) + "\n"
