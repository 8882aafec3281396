"""Where the wall time of a run went: how much of it was spent on timed calls."""

from analysis.run.facts import items, moment, number
from analysis.run.load import StoredRun

_LEAST_SHARE = 0.0005  #: the smallest part, as a share, that gets a row


def wall_time(run: StoredRun) -> list[tuple[str, float, float]]:
    """(what, seconds, share of the whole) from the run's start to its end, as far as stored; may be empty.

    The parts do not overlap and add up to the whole. `rounds_s` and `wall_s` are of a case's both variants: they are
    read from its out-of-place line.
    """
    timed = run.frame[(run.frame["kind"] == "time") & (run.frame["variant"] == "outofplace")]
    rounds, cases = (float(timed[name].fillna(0.0).sum()) for name in ("rounds_s", "wall_s"))
    passes = items(run.facts, "passes")
    timing = sum(number(item.get("wall_s")) or 0.0 for item in passes if item.get("kind") != "memory")
    startup = sum(number(item.get("startup_s")) or 0.0 for item in passes if item.get("kind") != "memory")
    memory = sum(number(item.get("wall_s")) or 0.0 for item in passes if item.get("kind") == "memory")
    started, ended = moment(run.facts.get("start")), moment(run.facts.get("end"))
    elapsed = (ended - started).total_seconds() if started and ended else 0.0
    timing = max(timing, cases + startup)
    whole = max(elapsed, timing + memory)
    parts = [
        ("timed calls and what they need (restored inputs, the forward before a backward)", rounds),
        ("the rest of each case: inputs, the check that both variants agree, warm-up", cases - rounds),
        ("starting the processes of timed passes", startup),
        ("between the cases of timed passes", timing - startup - cases),
        ("memory passes", memory),
        ("before, between and after passes", whole - timing - memory),
    ]
    if rounds <= 0 or whole <= 0:
        return []
    rows = [(what, seconds, seconds / whole) for what, seconds in [*parts, ("the whole run", whole)]]
    return [row for row in rows if row[2] >= _LEAST_SHARE]
