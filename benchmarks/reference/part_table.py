"""The states of parts as a table in plain text."""

from collections.abc import Sequence
from datetime import datetime

from benchmarks.record.plain_text import plain_duration
from benchmarks.reference.part_states import IMPOSSIBLE, STALE, PartState

_TITLES = ("part", "keeps", "state", "age", "took")
UNKNOWN = "not stored"


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
    took = "" if kept is None else UNKNOWN if kept.took_s is None else plain_duration(kept.took_s)
    return state.item.name, state.item.part.keeps, state.word, age, took


def _why(state: PartState) -> str:
    reasons = "; ".join(state.reasons)
    return f"{reasons}; {IMPOSSIBLE}: {state.impossible}" if state.impossible else reasons


def time_line(states: Sequence[PartState]) -> str:
    """How long the stale items took when they were measured last: the sum of what is stored, and what is not."""
    stale = [state for state in states if state.word == STALE]
    known = [state.kept.took_s for state in stale if state.kept and state.kept.took_s is not None]
    if not stale:
        return "nothing is stale"
    unknown = [state.item.name for state in stale if not (state.kept and state.kept.took_s is not None)]
    lacking = f"; not stored for {', '.join(unknown)}" if unknown else ""
    took = f"the last time they took {plain_duration(sum(known))}{lacking}" if known else "no time is stored of them"
    return f"{len(stale)} of {len(states)} are stale; {took}"
