"""Counts and shares over all judged programs, as text."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.advise_judge.brute_force import STEPS
from benchmarks.advise_judge.verdicts import BYTES, CRASHED, MISSED, UNPATCHED, WRONG

KINDS = (WRONG, CRASHED, UNPATCHED, BYTES, MISSED)


def figures(rows: Sequence[dict[str, Any]], lost: Sequence[int] = ()) -> list[tuple[str, str]]:
    """Return what the advisor was asked and how well it answered, as rows of name and value.

    `lost`: the seeds of programs without a row, whose judge ended early.
    """
    answered = [row for row in rows if row["status"] == 0]
    saving = [row for row in rows if row["best_saved_bytes"] > 0]
    hits = [row for row in saving if row["found"]]
    best = sum(row["best_saved_bytes"] for row in saving)
    saved = sum(min(row["saved_bytes"] or 0, row["best_saved_bytes"]) for row in saving)
    idle = [row for row in answered if row["best_saved_bytes"] <= 0 and not _saves(row)]
    found = [
        ("programs", f"{len(rows)}, {sum(row['is_training'] for row in rows)} of them train"),
        ("switches tried alone", f"{sum(row['safe'] + row['unsafe'] for row in rows)}"),
        ("safe", f"{sum(row['safe'] for row in rows)}"),
        ("programs with a safe switch that saves", f"{sum(row['safe_saves'] > 0 for row in rows)}"),
        ("programs with an unsafe switch that would", f"{sum(row['unsafe_saves'] > 0 for row in rows)}"),
    ]
    for kind in KINDS:
        those = [row["seed"] for row in rows if any(mistake["kind"] == kind for mistake in row["mistakes"])]
        found.append((f"programs with: {kind}", _counted(those)))
    found.append(("programs whose judge ended early", _counted(lost)))
    found += [
        ("recall: the best set's bytes are saved", _share(len(hits), len(saving))),
        ("bytes saved of those that can be", _share(saved, best)),
        ("`never` without a fault found", f"{sum(row['never_but_safe'] for row in rows)}"),
        ("`never` that names no second line", f"{sum(len(row['never_of_one_line']) for row in rows)}"),
        ("programs where nothing saves", f"{len(idle)}"),
        ("most trials of these", f"{max((row['runs'] // STEPS for row in idle), default=0)}"),
        ("advisor's seconds a program, mean", f"{sum(row['wall_s'] for row in rows) / max(1, len(rows)):.2f}"),
        ("brute force's seconds a program, mean", f"{sum(row['truth_s'] for row in rows) / max(1, len(rows)):.2f}"),
    ]
    return found


def _counted(seeds: Sequence[int]) -> str:
    """Return how many seeds there are, and the first of them."""
    shown = f": seeds {', '.join(map(str, seeds[:12]))}{', ...' if len(seeds) > 12 else ''}" if seeds else ""
    return f"{len(seeds)}{shown}"


def _saves(row: dict[str, Any]) -> bool:
    """Return whether the advisor found a saving, also one (`may`) that rests on more than the steps show."""
    return bool(row["verdicts"].get("do") or row["verdicts"].get("may"))


def _share(some: int, of_all: int) -> str:
    return f"{some} of {of_all}" + (f" = {100 * some / of_all:.1f} %" if of_all else "")


def trap_figures(rows: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return how the advisor answered on hazards, as rows of name and value."""
    wrong = [row["trap"] for row in rows if row["mistakes"]]
    return [
        ("traps", f"{len(rows)}: hazards, and what to write instead"),
        ("with a recommended switch, which changes nothing", f"{sum(bool(row['verdicts'].get('do')) for row in rows)}"),
        ("with a `never`, whose two lines are named", f"{sum(bool(row['verdicts'].get('never')) for row in rows)}"),
        ("refused in one line, as they raise", f"{sum(not row['verdicts'] for row in rows)}"),
        ("with a mistake", f"{len(wrong)}" + (f": {', '.join(wrong)}" if wrong else "")),
    ]


def kept_models(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the table of models that a README shows, without the answers themselves."""
    names = ("step", "decisions", "do", "may", "leave", "never", "before", "after", "rest", "runs", "seconds")
    return [{name: row[name] for name in names} for row in rows]


def keep_figures(folder: Path, name: str, found: object) -> None:
    """Write figures where the README files find them: as `judge-NAME.json` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"judge-{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def figures_text(found: Sequence[tuple[str, str]]) -> str:
    """Return figures as a table in Markdown."""
    return "\n".join(["| what | measured |", "|---|---|", *(f"| {name} | {value} |" for name, value in found)])
