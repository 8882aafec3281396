"""Which times of a GPU's case compare: both runs measured them alike, and the GPU was not throttled."""

from analysis.gate.gated_run import Row


def why_unlike(base: Row, head: Row, names: tuple[str, str] = ("BASE", "HEAD")) -> str:
    """Why the times of a case in two runs do not compare; empty where they do, and where a run lacks the facts.

    Times of held calls are the device's alone; other times include the host's. Inputs in the L2 cache take a fraction
    of the time of others. Times of a throttled GPU are longer than its usual ones.
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
