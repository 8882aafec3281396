"""The states of parts as a table in plain text."""

from collections.abc import Sequence
from datetime import datetime

from benchmarks.record.plain_text import plain_duration
from benchmarks.reference.part_states import IMPOSSIBLE, STALE, PartState

_TITLES = ("part", "keeps", "state", "age", "took")
UNKNOWN, ESTIMATED = "not stored", "estimated"


def part_table(states: Sequence[PartState], now: datetime) -> str:
    """A row per item: what it keeps, its state, how old it is, how long it took. Reasons stand below the table."""
    rows = [_TITLES, *(_row(state, now) for state in states)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    why = [f"{state.item.name}: {_why(state)}" for state in states if state.reasons]
    return "\n".join([*lines, "", *why] if why else lines)


def _row(state: PartState, now: datetime) -> tuple[str, ...]:
    kept = state.kept
    made = datetime.fromisoformat(kept.made) if kept and kept.made else None
    age = "" if kept is None else f"{(now - made).total_seconds() / 86400:.1f} days" if made else UNKNOWN
    return state.item.name, state.item.part.keeps, state.word, age, _took(state)


def _took(state: PartState) -> str:
    """How long it took; where that is not stored, how long its part is declared to take."""
    stored, estimate = state.kept.took_s if state.kept else None, state.item.part.estimate_s
    if stored is not None:
        return plain_duration(stored)
    return f"about {plain_duration(estimate)} ({ESTIMATED})" if estimate is not None else UNKNOWN if state.kept else ""


def _why(state: PartState) -> str:
    reasons = "; ".join(state.reasons)
    return f"{reasons}; {IMPOSSIBLE}: {state.impossible}" if state.impossible else reasons


def time_line(states: Sequence[PartState]) -> str:
    """How long the stale items took when they were measured last: the sum of what is stored, that of the estimates of
    others, and for which there is neither."""
    stale = [state for state in states if state.word == STALE]
    if not stale:
        return "nothing is stale"
    stored = [state.kept.took_s for state in stale if state.kept and state.kept.took_s is not None]
    others = [state for state in stale if not (state.kept and state.kept.took_s is not None)]
    estimates = {state.item.name: state.item.part.estimate_s for state in others}
    guessed = {name: estimate for name, estimate in estimates.items() if estimate is not None}
    unknown = [state.item.name for state in others if state.item.name not in guessed]
    said = [f"the last time they took {plain_duration(sum(stored))}"] if stored else []
    if guessed:
        said.append(f"{ESTIMATED} for {', '.join(guessed)}: {plain_duration(sum(guessed.values()))}")
    if unknown:
        said.append(f"{UNKNOWN} for {', '.join(unknown)}")
    return "; ".join([f"{len(stale)} of {len(states)} are stale", *said])
