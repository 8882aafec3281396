"""The tables of the advisor's answers: its decisions, and where the bytes of each step are; and their rows."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.report.exports.schema import RUN, Column, Table
from analysis.run.advised_steps import AdvisedStep, StoredDecision
from analysis.section import Section
from benchmarks.record import INPLACE, OUTOFPLACE

DECISIONS = Table(
    "a place of the user's code, or a class of modules",
    (
        RUN,
        Column("verdict", "", "`do`, `may`, `leave` or `never`"),
        Column("place", "", "file and line"),
        Column("expression", "", "as it is"),
        Column("replacement", "", "as it would be"),
        Column("modules", "", "their paths, where they are switched by their flag"),
        Column("level", "", "what would be overwritten: `temporary`, `local` or `argument` of the function"),
        Column("saved_peak_bytes", "bytes", "saved at the peak of the step that saves most"),
        Column("saved_held_bytes", "bytes", "likewise, of what is held for backward"),
        Column("reason", "", "in a sentence; of `may`, what it rests on"),
        Column("reader", "", "of `never`, the op because of which, and its place"),
    ),
)
PEAKS = Table(
    "bytes that live at the peak of an advised step, made in one place for one purpose; they add up to the peak",
    (
        RUN,
        Column("step", "", "the user's step"),
        Column("variant", "", "`outofplace`: as given; `inplace`: patched"),
        Column("category", "", "`parameters`, `gradients`, `saved for backward`, `temporaries` ..."),
        Column("region", "", "in which it was made; `input`: by `make`, or by executions before the last"),
        Column("op", "", "torch's name"),
        Column("module", "", "the path of the module that ran"),
        Column("place", "", "file and line"),
        Column("line_text", "", "the source line"),
        Column("sum_bytes", "bytes", "below zero: memory that was there before and was let go by then"),
    ),
)
ADVISED_TABLES = {"decisions": DECISIONS, "peaks": PEAKS}


def advised_tables(parts: Sequence[Section]) -> dict[str, pd.DataFrame]:
    """Both tables; empty where no run is an answer of the advisor."""
    answers = {section.run.name: section.advice for section in parts if section.advice is not None}
    decisions = [row for run, advice in answers.items() for each in advice.decisions for row in [_decision(run, each)]]
    peaks = [row for run, advice in answers.items() for step in advice.steps for row in _peaks(run, step)]
    return {
        "decisions": pd.DataFrame(decisions, columns=DECISIONS.names),
        "peaks": pd.DataFrame(peaks, columns=PEAKS.names),
    }


def _decision(run: str, each: StoredDecision) -> dict[str, Any]:
    own = {name: getattr(each, name) for name in DECISIONS.names if hasattr(each, name)}
    return {**own, "run": run, "modules": " ".join(each.modules), "reader": each.saver}


def _peaks(run: str, step: AdvisedStep) -> Iterator[dict[str, Any]]:
    for variant, peak in ((OUTOFPLACE, step.given_peak), (INPLACE, step.patched_peak)):
        for each in peak.parts if peak is not None else ():
            own = {name: getattr(each, name) for name in PEAKS.names if hasattr(each, name)}
            yield {**own, "run": run, "step": step.name, "variant": variant, "place": each.file_and_line}
