"""From the steps to the answer: baseline, trace, joint trials, bytes, decisions."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from benchmarks.advise.candidates import Candidate
from benchmarks.advise.flags import FlagSwitch, Makers, has_flag
from benchmarks.advise.forked import TrialFailed
from benchmarks.advise.observe import Observed, living
from benchmarks.advise.proof import Finding, worst
from benchmarks.advise.question import DO, LEAVE, LEVELS, MAY, NEVER, Bytes
from benchmarks.advise.rewrite import Source
from benchmarks.advise.search import Search
from benchmarks.advise.trial import Switch, TrialResult, Trials
from benchmarks.advise.user_code import Step
from benchmarks.advise.watch import ModulePath, Watched, module_paths, watch_steps


#: Of an operand beside one that is safer.
NOT_TRIED = "the other operand of the same expression is the safer one"


@dataclass
class Option:
    """A switch that may be taken, and what was found of it."""

    switch: Candidate | FlagSwitch
    finding: Finding
    verdict: str
    reason: str
    saved: Bytes = Bytes(0, 0)  # noqa: RUF009  # it cannot be changed


@dataclass
class Advice:
    """What was found, before it is put into words."""

    options: list[Option]
    before: tuple[Bytes, ...]
    after: tuple[Bytes, ...]
    runs: int
    observed: Observed  #: after the steps as they are
    chosen: list[Option] = field(default_factory=list)  #: what to do
    differs: str | None = None  #: between two executions of the same
    watch_differs: str | None = None  #: between an execution and a watched one


class Judge:
    """Trials that must agree with a baseline."""

    def __init__(self, trials: Trials, baseline: Observed, ignored: frozenset[str]) -> None:
        """`ignored`: what differs between two executions of the steps as they are."""
        self._trials, self._baseline, self._ignored = trials, baseline, ignored

    def run(self, switches: Sequence[Switch]) -> TrialResult:
        """TrialFailed where a trial fails, or differs."""
        result = self._trials.run(switches)
        different = [each for each in self._baseline.differences(result.observed) if each not in self._ignored]
        if different:
            raise TrialFailed(f"it changes {different[0]}")
        return result


def advise_on(steps: Sequence[Step], makers: Makers, trials: Trials, is_site: Callable[[str], bool]) -> Advice:
    """TrialFailed where the steps as they are cannot be executed."""
    first = trials.run()
    watched: Watched = trials.watch(lambda run: watch_steps(run, steps, is_site))
    ignored: frozenset[str] = frozenset()
    watch_differs = next(iter(first.observed.named_differences(watched.observed)), None)
    if watch_differs is not None:
        ignored = frozenset(first.observed.differences(trials.run().observed))
    options = _options(watched, makers, is_site)
    if ignored:
        for option in options:
            _at_most_may(option, "the step is not deterministic")
    elif watch_differs is not None:
        for option in options:
            _at_most_may(option, f"watched, the step did something else: {watch_differs} differs")
    before = tuple(first.counted[number] for number in sorted(first.counted))
    search = Search(Judge(trials, first.observed, ignored), before)
    chosen = _settle(search, options, DO, ())
    after = search.try_set([option.switch for option in chosen])
    _settle(search, options, MAY, chosen)
    differs = next(iter(sorted(ignored)), None)
    return Advice(options, before, after, trials.runs, first.observed, chosen, differs, None if ignored else watch_differs)


def _at_most_may(option: Option, warning: str) -> None:
    if option.verdict == DO:
        option.verdict = MAY
        option.reason = "it rests on what the steps given cannot show"
    option.finding.warning = "; ".join(filter(None, (option.finding.warning, warning)))


def _options(watched: Watched, makers: Makers, is_site: Callable[[str], bool]) -> list[Option]:
    found = [Option(each.candidate, each, each.verdict, each.reason) for each in watched.findings]
    return [*found, *_flag_options(watched.modules, makers, is_site)]


def _flag_options(
    called: Mapping[ModulePath, Finding], makers: Makers, is_site: Callable[[str], bool]
) -> Iterable[Option]:
    paths = module_paths()
    off = [module for module in living(nn.Module) if has_flag(module) and not module.inplace and id(module) in paths]
    for switch in makers.switches(off, lambda file: Source.read(file) if is_site(file) else None):
        findings = [called[paths[id(m)]] for m in switch.modules if paths[id(m)] in called]
        if not findings:
            continue
        finding = worst(findings)
        option = Option(switch, finding, finding.verdict, finding.reason)
        if len(findings) < len(switch.modules):
            _at_most_may(option, "some of these modules were not called")
        yield option


def _settle(search: Search, options: Sequence[Option], verdict: str, beside: Sequence[Option]) -> list[Option]:
    """Try all options of a verdict together, beside others, and keep what holds and saves; the rest is left as it is."""
    asked = _one_a_place([option for option in options if option.verdict == verdict], beside)
    for option in options:
        if option.verdict == verdict and option not in asked:
            option.verdict, option.reason = LEAVE, NOT_TRIED
    by_switch = {id(option.switch): option for option in asked}
    base = [option.switch for option in beside]
    held = search.grown(base, [option.switch for option in asked])[len(base) :]
    for option in asked:
        if id(option.switch) in search.failed:
            option.verdict, option.reason = NEVER, f"tried, {search.failed[id(option.switch)]}"
    saving = search.saves([*base, *held], base)
    needed = search.needed(base, held, search.try_set([*base, *held])) if saving else []
    for switch in held:
        if all(switch is not each for each in needed):
            by_switch[id(switch)].verdict = LEAVE
            by_switch[id(switch)].reason = "it saves no byte"
    for switch in needed:
        rest = [*base, *(each for each in needed if each is not switch)]
        by_switch[id(switch)].saved = _difference(search, rest, [*base, *needed])
    return [by_switch[id(switch)] for switch in needed]


def _difference(search: Search, without: Sequence[Switch], everything: Sequence[Switch]) -> Bytes:
    """What is lost without one, in the step that loses most."""
    try:
        pairs = list(zip(search.try_set(without), search.try_set(everything), strict=True))
    except TrialFailed:
        return Bytes(0, 0)
    return max((before - after for before, after in pairs), key=lambda saved: (saved.peak_bytes, saved.held_bytes))


def _one_a_place(options: Sequence[Option], beside: Sequence[Option]) -> list[Option]:
    """Of the operands of one expression the safest; none where one is taken already."""
    taken = {option.switch.place for option in beside if isinstance(option.switch, Candidate)}
    chosen: dict[object, Option] = {}
    for option in options:
        if isinstance(option.switch, FlagSwitch):
            chosen[id(option)] = option
        elif option.switch.place not in taken:
            best = chosen.get(option.switch.place)
            if best is None or _safety(option) < _safety(best):
                chosen[option.switch.place] = option
    return list(chosen.values())


def _safety(option: Option) -> tuple[int, int]:
    operand = option.switch.operand if isinstance(option.switch, Candidate) else 1
    return LEVELS.index(option.finding.level or LEVELS[-1]), operand


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What `call` returns, and the seconds that it took."""
    began = time.monotonic()
    return call(), time.monotonic() - began
