"""A scatter plot of ops: the share of the machine's bandwidth that out-of-place takes, against the speedup."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.numbers.case_row import typical_rows
from analysis.numbers.felt import as_felt
from analysis.numbers.geomeans import at_typical_size, geomean
from analysis.report.html.anchors import Anchors
from analysis.report.scales import Scale, ratio_limits
from analysis.section import Section
from analysis.units import count_text, number_text, percent_text, ratio_text

WIDTH, HEIGHT = 700, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 10, 40
_FULLEST = 1.5  #: larger shares are drawn here: the data came from a cache
_SHARE = 0.3  #: see `geomeans.at_typical_size`; bandwidth limits large sizes first
_MANY, _FEW = 0.5, 0.1  #: shares of bandwidth that the sentence compares


@dataclass(frozen=True)
class Dot:
    """An op: its place by the device's time and, where the host of a GPU decides, also by the felt time."""

    x: float
    y: float
    felt: tuple[float, float] | None
    verdict: str
    anchor: str
    pair: str
    title: str


@dataclass(frozen=True)
class BandwidthCloud:
    """The plot, its axes, and a sentence on it."""

    width: int
    height: int
    left: int
    bottom: float
    one: float
    shares: list[tuple[float, str]]
    ticks: list[tuple[float, str]]
    dots: list[Dot]
    size: str
    sentence: str


def bandwidth_cloud(section: Section, anchors: Anchors) -> BandwidthCloud | None:
    """The ops of a section without autograd, at the size that most have; None where no bandwidth is known."""
    cases = section.cases
    known = cases["verdict"].notna() & cases["outofplace_bandwidth_ratio"].notna() & (cases["allocator"] != "fresh")
    size, shown = at_typical_size(cases[known & (cases["phase"] == "inference")], _SHARE)
    if size is not None:
        shown = shown[~shown["off_size"]]
    if len(shown) < 2:
        return None
    shares = shown["outofplace_bandwidth_ratio"].clip(upper=_FULLEST)
    fullest = max(1.05, float(shares.max()) * 1.03)
    felt = as_felt(shown)
    scale = Scale(ratio_limits(pd.concat([shown["speedup"], felt["speedup"]])), HEIGHT - _BOTTOM, _TOP)
    return BandwidthCloud(
        width=WIDTH,
        height=HEIGHT,
        left=_LEFT,
        bottom=HEIGHT - _BOTTOM,
        one=scale.at(1),
        shares=[(_place(tick, fullest), percent_text(tick)) for tick in np.arange(0, fullest, 0.25)],
        ticks=scale.ticks(6),
        dots=list(_dots(shown, felt, fullest, scale, anchors)),
        size=count_text(size),
        sentence=bandwidth_sentence(shown),
    )


def _place(share: float, fullest: float) -> float:
    return round(_LEFT + min(share, _FULLEST) / fullest * (WIDTH - _LEFT - _RIGHT), 1)


def _dots(shown: pd.DataFrame, felt: pd.DataFrame, fullest: float, scale: Scale, anchors: Anchors) -> Iterable[Dot]:
    for case, felt_case in zip(typical_rows(shown), typical_rows(felt), strict=True):
        share = case.outofplace_bandwidth_ratio
        title = f"{case.pair}: {percent_text(share)} of the bandwidth out of place, speedup {ratio_text(case.speedup)}"
        there = None
        if case.host_decides is True:
            title += f"; as a user feels it {ratio_text(felt_case.speedup)}"
            there = _place(felt_case.outofplace_bandwidth_ratio, fullest), scale.at(felt_case.speedup)
        verdict = str(case.verdict)
        anchor = anchors.op(case.family, case.pair)
        yield Dot(_place(share, fullest), scale.at(case.speedup), there, verdict, anchor, case.pair, title)


def bandwidth_sentence(shown: pd.DataFrame) -> str:
    """The gain of ops that take much of the bandwidth, against the gain of ops that take little."""
    shares = shown["outofplace_bandwidth_ratio"]
    parts = [
        f"{number_text(count, 'op')} that {'takes' if count == 1 else 'take'} {words}: geomean {_geomean_text(mine)}"
        for mine, words in (
            (shown[shares >= _MANY], f"{percent_text(_MANY)} of the machine's bandwidth or more"),
            (shown[shares < _FEW], f"less than {percent_text(_FEW)} of it"),
        )
        if (count := len(mine))
    ]
    return f"{'; '.join(parts)}." if parts else ""


def _geomean_text(cases: pd.DataFrame) -> str:
    return ratio_text(geomean(cases["speedup"]))
