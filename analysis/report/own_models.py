"""A user's own models in sentences, by name: bytes first, which are exact, then time."""

from collections.abc import Iterator, Mapping

import pandas as pd

from analysis.numbers.agreement import SAME_CALLS
from analysis.report.phase_words import PHASE_WORDS
from analysis.scenarios.expectations import SAME_BYTES
from analysis.units import and_text, bytes_text, interval_text, known, number_text, percent_text, ratio_text
from benchmarks.record import INPLACE, OK, OUTOFPLACE, PHASES, PROSE, VARIANTS
from benchmarks.record.interval import INCONCLUSIVE

#: The most models with a sentence each; the rest are counted.
_MOST = 8
_PLAIN = (PROSE[OUTOFPLACE], PROSE[INPLACE])


def own_model_sentences(cases: pd.DataFrame, called: Mapping[str, tuple[str, str]]) -> list[str]:
    """A sentence per model, on the phase nearest to a whole training step. `called`: the variants' names, by model."""
    ordered = cases.sort_values("phase", key=lambda phases: phases.map(PHASES.index), kind="stable")
    last = ordered.drop_duplicates("pair", keep="last").sort_index()
    sentences = [_sentence(row, called.get(row["pair"], _PLAIN)) for _, row in last.head(_MOST).iterrows()]
    more = len(last) - len(sentences)
    return sentences + ([f"{number_text(more, 'more model')}: see their cards."] if more else [])


def _sentence(case: pd.Series, labels: tuple[str, str]) -> str:
    head = f"{case['pair']}, {PHASE_WORDS[case['phase']]}"
    if case["state"] != OK:
        reason = f": {case['reason']}" if isinstance(case["reason"], str) else ""
        return f"{head}: {case['state'].replace('_', ' ')}{reason}."
    if case["same_calls"]:
        return f"{head}: {SAME_CALLS}."
    outofplace, inplace = labels
    against = "" if labels == _PLAIN else f", compared with {outofplace},"
    return f"{head}, {inplace}{against} {and_text([*_bytes(case), *_time(case)])}."


def _bytes(case: pd.Series) -> Iterator[str]:
    for name, verb, where in (("held", "holds", "for backward"), ("peak", "needs", "at the peak")):
        outofplace, inplace = (case[f"{variant}_{name}_bytes"] for variant in VARIANTS)
        if not known(outofplace) or not known(inplace) or not min(outofplace, inplace):
            continue
        if abs(inplace - outofplace) <= SAME_BYTES * outofplace:
            yield f"{verb} the same memory {where} ({bytes_text(inplace)})"
            continue
        less = inplace < outofplace
        share = percent_text(abs(1 - inplace / outofplace))
        texts = f"{bytes_text(inplace)}, not {bytes_text(outofplace)}"
        yield f"{verb} {share} {'less' if less else 'more'} memory {where} ({texts})"


def _time(case: pd.Series) -> Iterator[str]:
    if not known(case["speedup"]):
        return
    interval = interval_text(case["speedup_low"], case["speedup_high"]) if known(case["speedup_low"]) else ""
    verdict = case["verdict"] if known(case["speedup_low"]) else INCONCLUSIVE
    yield f"is {ratio_text(case['speedup'])} as fast ({', '.join(filter(None, (interval, verdict)))})"
