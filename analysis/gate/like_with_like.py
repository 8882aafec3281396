"""Which times of a GPU's case compare: those that both runs measured alike, on a GPU that was not slowed down."""

from analysis.gate.gated_run import Row


def why_unlike(base: Row, head: Row, names: tuple[str, str] = ("BASE", "HEAD")) -> str:
    """Why the times of a case in two runs do not compare; empty where they do, and where a run does not tell.

    Times of calls that were held are the device's, others hold the host's as well. What lies in the L2 cache takes a
    part of the time of what does not. A throttled GPU has times that are not its own.
    """
    reasons = []
    if _differ(base["held"], head["held"]):
        timed = {True: "the device alone", False: "device and host together"}
        reasons.append(f"timed is {timed[base['held']]} in {names[0]}, {timed[head['held']]} in {names[1]}")
    if _differ(base["cache"], head["cache"]):
        reasons.append(f"inputs {base['cache']} in {names[0]}, {head['cache']} in {names[1]}")
    throttled = [name for name, row in zip(names, (base, head), strict=True) if row["throttled_kept"]]
    if throttled:
        reasons.append(f"throttled in {' and '.join(throttled)}")
    return f"times do not compare: {', '.join(reasons)}" if reasons else ""


def _differ(was: object, now: object) -> bool:
    return was is not None and now is not None and was != now
