"""Markers for what the advisor printed of a kept step, and for numbers of it."""

from analysis.readme.markers import Filling, Fillings
from analysis.readme.quoted import Quoted
from analysis.run.advised_steps import AdvisedStep, StoredAdvice
from analysis.section import Section
from analysis.units import bytes_text, percent_text, ratio_text


def advised_fillings(quoted: Quoted) -> Fillings:
    """What each of these markers means, for the kept answers of the advisor."""
    return {
        "advised": lambda words: _printed(quoted, *words),
        "advised-bytes": lambda words: _bytes(quoted, *words),
        "advised-speedup": lambda words: _speedup(quoted, *words),
    }


def _kept(quoted: Quoted, step: str) -> tuple[Section, StoredAdvice, AdvisedStep]:
    for section in quoted.advised:
        advice = section.advice
        if advice is not None and step in advice.by_name:
            return section, advice, advice.by_name[step]
    raise LookupError(f"no kept answer on {step}")


def _printed(quoted: Quoted, step: str) -> Filling:
    """`advised train.py:generate`: the command as a reader types it, without the host's label, and what it printed."""
    _, advice, _ = _kept(quoted, step)
    return Filling("\n".join(["```text", f"$ python -m benchmarks advise {step}", *advice.printed, "```"]))


def _bytes(quoted: Quoted, step: str, what: str) -> Filling:
    """`advised-bytes train.py:train peak`, or `saved`: the share of its peak that the patch saves."""
    _, advice, found = _kept(quoted, step)
    given, patched = found.given_peak_bytes, found.patched_peak_bytes
    if patched is None and not advice.patch:
        patched = given  # nothing is to be switched
    if given is None or (what == "saved" and patched is None):
        raise LookupError(f"{what} is not stored")
    if what == "peak":
        return Filling(bytes_text(given), given)
    share = 1 - (patched or 0) / given
    return Filling(percent_text(share), share * 100)


def _speedup(quoted: Quoted, step: str) -> Filling:
    """`advised-speedup train.py:generate >1`."""
    cases = _kept(quoted, step)[0].scenarios
    (speedup,) = cases.loc[cases["pair"] == step, "speedup"]
    return Filling(ratio_text(speedup), float(speedup))
