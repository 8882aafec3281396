"""A comparison as files for CI: Markdown for a job summary, JSON for a program."""

import json
import math
from dataclasses import asdict

from analysis.escaping import markdown_text
from analysis.gate import sentences
from analysis.gate.change import BETTER, NEW, UNRESOLVED, VANISHED, WORSE, Change, JudgedCase
from analysis.gate.compare import Comparison
from analysis.gate.rows import ChangeRow, change_rows, shares

#: The size that every CI job summary accepts, and the numbers of rows per list that are tried to stay below it.
_MARKDOWN_BYTES = 60 * 1024
_MARKDOWN_ROWS = (200, 50, 10, 0)
_HEAD = ("state", "op", "case", "what", "BASE", "HEAD", "change", "")
_FOLDED = {
    BETTER: "got better",
    UNRESOLVED: "are unresolved: noise hides changes that would matter, or something does not compare",
    NEW: "are new",
}


def gate_markdown(comparison: Comparison, hint: str = "") -> str:
    """The comparison as Markdown: the answer, what is worse, then the rest folded; at most 60 KiB."""
    for most in _MARKDOWN_ROWS:
        text = _markdown(comparison, hint, most)
        if len(text.encode()) <= _MARKDOWN_BYTES:
            return text
    return f"{sentences.gate_answer(comparison)}\n"


def _markdown(comparison: Comparison, hint: str, most: int) -> str:
    names = [markdown_text(run.run.name) for run in (comparison.base, comparison.head)]
    lines = [f"**{sentences.gate_answer(comparison)}**", "", f"{sentences.counts_line(comparison)}.", ""]
    lines += [f"BASE {names[0]}, HEAD {names[1]}.", ""]
    lines += [f"- {markdown_text(line)}" for line in sentences.comparison_sentences(comparison)] + [""]
    lines += [markdown_text(hint), ""] if hint else []
    worse = change_rows(comparison, WORSE, VANISHED)
    lines += [*_table(worse, most), ""] if worse else []
    found = sentences.counts(comparison)
    for state, said in _FOLDED.items():
        if found[state]:
            lines += [
                f"<details><summary>{found[state]:,} {said}</summary>",
                "",
                *_table(change_rows(comparison, state), most),
            ]
            lines += ["", "</details>", ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(found: list[ChangeRow], most: int) -> list[str]:
    lines = [f"| {' | '.join(_HEAD)} |", f"|{'---|' * len(_HEAD)}"]
    lines += [f"| {' | '.join(map(markdown_text, row))} |" for row in found[:most]]
    return lines + (["", f"and {len(found) - most:,} more"] if len(found) > most else [])


def as_json(comparison: Comparison) -> str:
    """The comparison as strict JSON: shares of 1, seconds and bytes; `ratio` is HEAD / BASE."""
    runs = {"base": comparison.base, "head": comparison.head, "confirmation": comparison.again}
    content = {
        "regressed": comparison.regressed,
        "answer": sentences.gate_answer(comparison),
        "counts": sentences.counts(comparison),
        "limits": asdict(comparison.limits),
        "runs": {name: run.run.name for name, run in runs.items() if run is not None},
        "times_compared": comparison.first is not None,
        "notes": sentences.comparison_sentences(comparison),
        "cases": [_case(judged) for judged in comparison.cases],
    }
    return json.dumps(content, allow_nan=False, indent=1) + "\n"


def _case(judged: JudgedCase) -> dict:
    row = {**asdict(judged.case), "state": judged.state}
    if judged.reason:
        row["reason"] = judged.reason
    if judged.changes:
        row["changes"] = [_change(change) for change in judged.changes]
    return row


def _change(change: Change) -> dict:
    row = {"quantity": change.quantity, "state": change.state, "base": change.base, "head": change.head}
    ratios = shares(change)
    if ratios and change.alarms_from is not None:
        ratio, *ends = ratios
        row |= {"ratio": ratio, "ratio_low": min(ends), "ratio_high": max(ends), "p": change.p}
        row |= {"alarms_from": math.expm1(change.alarms_from), "suspect": change.suspect}
    return row | ({"note": change.note} if change.note else {})
