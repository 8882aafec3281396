"""A user's pairs that broke their promises. Their cases are stored as failed, and the command names them at its end."""

from benchmarks.record import USER
from benchmarks.running.run import Run


def broken_promises(run: Run) -> list[str]:
    """Return a line per pair and phase whose two variants did not do the same work in some case, with a reason."""

    reasons: dict[tuple[str, str], str] = {}
    for (case, *_), (outofplace, _) in run.stored.items():
        if case.family == USER and outofplace.state == "disagreed":
            reasons.setdefault((case.pair, case.phase), outofplace.reason or "")
    file = run.facts["options"].get("pairs", "")
    return [f"{file}: {pair} ({phase}): {reason}" for (pair, phase), reason in reasons.items()]
