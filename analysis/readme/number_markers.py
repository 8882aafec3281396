"""Markers for one number of a stored run: a speedup, a memory ratio, a share of cases, a count."""

import pandas as pd

from analysis.numbers.geomeans import geomean
from analysis.numbers.memory import HELD, PEAK_NO_GRAPH
from analysis.readme.markers import Filling, Fillings
from analysis.readme.quoted import Quoted
from analysis.scenarios.growth import growth_rows
from analysis.scenarios.judging import representative_cases
from analysis.units import count_text, percent_text, ratio_text
from benchmarks.autograd.record.findings import STATUSES, VERDICTS
from benchmarks.autograd.record.safety import ANSWERS, NO_CASE, PLAIN
from benchmarks.record import VARIANTS
from benchmarks.record.interval import FASTER, SLOWER

_KINDS = {"claims": VERDICTS, "hazards": STATUSES}


def number_fillings(quoted: Quoted) -> Fillings:
    """What each of these markers means, for the quoted runs."""
    return {
        "speedup": lambda words: _speedup(quoted, *words),
        "geomean": lambda words: _geomean(quoted, *words),
        "names": lambda words: _names(quoted, *words),
        "effect": lambda words: _effect(quoted, *words),
        "share": lambda words: _share(quoted, *words),
        "less": lambda words: _less(quoted, *words),
        "model": lambda words: _model(quoted, *words),
        "models": lambda words: _models(quoted, *words),
        "growth": lambda words: _growth(quoted, *words),
        "found": lambda words: _finding_count(quoted, *words),
        "safety": lambda words: _safety(quoted, *words),
        "selftest": lambda words: _selftest(quoted, "selftest", *words),
        "gate": lambda words: _selftest(quoted, "gate", *words),
    }


def _speedup(quoted: Quoted, pair: str, phase: str, size: str, axis: str = "") -> Filling:
    """`speedup add step 1Mi`; with an axis such as `other_requires_grad`, the case that differs only in it."""
    cases = quoted.ops.cases
    chosen = cases[(cases["pair"] == pair) & (cases["phase"] == phase) & (cases["allocator"] != "fresh")]
    chosen = chosen[chosen["size"].map(_plain_size) == size]
    return _ratio(_only(chosen[[axes == ((axis,) if axis else ()) for axes in chosen["other_axes"]]])["speedup"])


def _plain_size(size: int) -> str:
    return count_text(int(size)).replace("\u00a0", "")


def _geomean(quoted: Quoted, phase: str, *where: str) -> Filling:
    """`geomean inference`, `geomean step family=foreach`, `geomean inference size=4Mi`, `... heap=fresh`."""
    return _ratio(geomean(_chosen(quoted, phase, *where)["speedup"]))


def _names(quoted: Quoted, phase: str, *where: str) -> Filling:
    """`names inference size=4Mi`: the ops of that geomean."""
    names = sorted(set(_chosen(quoted, phase, *where)["pair"]))
    return Filling(", ".join(f"`{name}`" for name in names), len(names))


def _chosen(quoted: Quoted, phase: str, *where: str) -> pd.DataFrame:
    """The cases of one phase whose ratios share one number, and that have these values."""
    named = dict(each.split("=") for each in where)
    cases = quoted.ops.fresh if named.pop("heap", "") == "fresh" else quoted.ops.headline
    cases = cases[cases["phase"] == phase]
    if "size" in named:
        cases = cases[cases["size"].map(_plain_size) == named.pop("size")]
    for column, value in named.items():
        cases = cases[cases[column] == value]
    return cases


def _effect(quoted: Quoted, value: str, phase: str, side: str = "") -> Filling:
    """`effect layout=strided inference`: the geomean over cases that differ from their plain case only in this; with
    `plain`, the geomean over these plain cases."""
    axis, _, name = value.partition("=")
    table = quoted.ops.effects
    row = _only(table[(table["axis"] == axis) & (table["value"] == name) & (table["phase"] == phase)])
    return _ratio(row[{"": "speedup", "plain": "plain_speedup"}[side]])


def _share(quoted: Quoted, verdict: str, phase: str, of: str = "") -> Filling:
    """`share faster inference`: the share of the headline's cases, in per cent; with `cases`, as '395 of 520'."""
    verdicts = quoted.ops.headline.loc[quoted.ops.headline["phase"] == phase, "verdict"]
    count = int((verdicts == {"faster": FASTER, "slower": SLOWER}[verdict]).sum())
    share = count / len(verdicts)
    return Filling(f"{count:,} of {len(verdicts):,}" if of == "cases" else percent_text(share), share)


def _less(quoted: Quoted, question: str) -> Filling:
    """`less peak`, `less held`: for how many ops in-place needs less, as '16 of 138'."""
    needs = quoted.ops.bytes
    asked = needs[needs["question"] == {"peak": PEAK_NO_GRAPH, "held": HELD}[question]]
    count = int((asked["inplace"] < asked["outofplace"]).sum())
    return Filling(f"{count:,} of {len(asked):,}", count)


def _model(quoted: Quoted, name: str, phase: str, quantity: str) -> Filling:
    """`model adam_fused step speedup`; also `held` and `peak`, as ratios above 1 where in-place needs less."""
    cases = representative_cases(quoted.models)
    case = _only(cases[(cases["pair"] == name) & (cases["phase"] == phase) & cases["usual"]])
    if quantity == "speedup":
        return _ratio(case["speedup"])
    outofplace, inplace = (case[f"{variant}_{quantity}_bytes"] for variant in VARIANTS)
    return _ratio(float(outofplace) / float(inplace))


def _models(quoted: Quoted, verdict: str, phase: str) -> Filling:
    """`models faster step`: the number of scenarios at their usual scale, as '12 of 60'."""
    cases = representative_cases(quoted.models)
    verdicts = cases.loc[cases["usual"] & (cases["phase"] == phase) & cases["verdict"].notna(), "verdict"]
    count = int((verdicts == {"faster": FASTER, "slower": SLOWER}[verdict]).sum())
    return Filling(f"{count:,} of {len(verdicts):,}", count)


def _growth(quoted: Quoted, name: str, phase: str, variant: str) -> Filling:
    """`growth outputs_written backward inplace`: the exponent with which its time grows."""
    rows = growth_rows(representative_cases(quoted.models))
    mine = rows[(rows["scenario"] == name) & (rows["phase"] == phase) & (rows["variant"] == variant)]
    exponent = float(_only(mine[mine["quantity"] == "time"])["exponent"])
    return Filling(f"{exponent:.2g}", exponent)


def _finding_count(quoted: Quoted, kind: str, word: str = "") -> Filling:
    """`found hazards`, `found hazards silent`, `found claims false`: how many of them, on the quoted torch."""
    stored = {"claims": quoted.truth.claims, "hazards": quoted.truth.hazards}[kind]
    words = [row.word for row in stored.at(quoted.where)]
    if word and word not in _KINDS[kind]:
        raise LookupError(f"unknown {word!r}, choose from {', '.join(_KINDS[kind])}")
    count = words.count(word) if word else len(words)
    return Filling(f"{count:,}", count)


def _safety(quoted: Quoted, what: str) -> Filling:
    """`safety pairs`, `situations`, `cells`: their number; `safety yes` and the like: how many pairs save memory so."""
    rows = quoted.truth.safety.at(quoted.where)
    asked = {question for row in rows for question in row.cells}
    memory = [saved.answer for row in rows for saved in row.saved if saved.condition == PLAIN]
    counts = {
        "pairs": len(rows),
        "situations": len(asked),
        "cells": sum(len(row.cells) for row in rows),
        "asked": sum(cell.status != NO_CASE for row in rows for cell in row.cells.values()),
    }
    counts |= {answer.replace(" ", "-"): memory.count(answer) for answer in ANSWERS}
    return Filling(f"{counts[what]:,}", counts[what])


def _selftest(quoted: Quoted, name: str, *words: str) -> Filling:
    """The result of a row of a self-test: `selftest bytes: largest error`."""
    return Filling(quoted.selftest(name)[" ".join(words)])


def _ratio(ratio: float | None) -> Filling:
    if ratio is None or pd.isna(ratio):
        raise LookupError("was not measured")
    return Filling(ratio_text(ratio), ratio)


def _only(rows: pd.DataFrame) -> pd.Series:
    if len(rows) != 1:
        raise LookupError(f"{len(rows)} cases instead of one")
    return rows.iloc[0]
