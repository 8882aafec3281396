"""Advise on the steps: run the baseline, watch the steps, try the switches together, and choose what to do."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.switches.candidates import FLAG, Candidate
from benchmarks.advise.switches.flags import FlagSwitch, flag_switches
from benchmarks.advise.switches.optimizer_forms import ROUNDED, optimizer_switches
from benchmarks.advise.trials.built_parts import BuiltParts
from benchmarks.advise.trials.observe import Observed
from benchmarks.advise.trials.search import Search
from benchmarks.advise.trials.step_trials import Switch, TrialResult, Trials
from benchmarks.advise.user.forked import TrialFailed
from benchmarks.advise.user.question import DO, MAY, NEVER, Bytes, Reader
from benchmarks.advise.user.side_effects import FORK, SideEffects
from benchmarks.advise.user.silent_writes import SilentWrite, silent_writes
from benchmarks.advise.user.user_code import BadStep
from benchmarks.advise.user.whose_file import path_as_shown
from benchmarks.advise.verdicts.copied_writes import in_place_options, settle_copied
from benchmarks.advise.verdicts.first_difference import FirstDifference
from benchmarks.advise.verdicts.proof import UNSEEN, SiteFinding, worst
from benchmarks.advise.verdicts.settle import SwitchOption, leave_unable, settle_all
from benchmarks.advise.verdicts.watched_steps import WatchedSteps, watch_steps
from benchmarks.advise.verdicts.why_never import with_giving_line


@dataclass
class StepAdvice:
    """What the advisor found, before it is put into words."""

    options: list[SwitchOption]  #: all switches with their verdicts
    before: tuple[Bytes, ...]  #: per step, as it is
    after: tuple[Bytes, ...]  #: per step, with the chosen switches
    runs: int  #: executions of each step, in all trials
    observed: Observed  #: by the baseline
    chosen: list[SwitchOption] = field(default_factory=list)  #: the options that are `do`
    differs: str | None = None  #: a thing that differs between two executions of the same code, if any does
    watch_differs: str | None = None  #: a thing that differs in the watched execution alone, if any does
    effects: SideEffects = field(default_factory=SideEffects)
    overwritten: list[SilentWrite] = field(default_factory=list)  #: writes that make gradients or values wrong today
    quicker: list[SwitchOption] = field(default_factory=list)  #: options that save a copy, so perhaps time, but no byte
    after_quicker: tuple[Bytes, ...] = ()  #: per step, with the switches of `quicker`


class Judge:
    """Runs trials and compares what they leave behind with the baseline."""

    def __init__(self, trials: Trials, baseline: Observed, ignored: frozenset[str]) -> None:
        """`ignored`: names of what differs between two executions of the steps as they are; it is not compared."""
        self._trials, self._baseline, self._ignored = trials, baseline, ignored

    def bytes_of(self, switches: Sequence[Switch]) -> tuple[Bytes, ...]:
        """Run a trial with the switches and return the bytes of each step.

        TrialFailed if the trial fails, or if anything differs from the baseline. If a switch rounds, only large
        differences of what has a name count.
        """
        result = self._trials.run(switches)
        if any(switch.rounds for switch in switches):
            found = self._baseline.large_differences(result.observed)
        else:
            found = self._baseline.differences(result.observed)
        different = [each for each in found if each not in self._ignored]
        if different:
            raise TrialFailed(f"it changes {different[0]}")
        return counted_in_order(result)


def counted_in_order(result: TrialResult) -> tuple[Bytes, ...]:
    """Return the bytes of each step, in the order of the steps."""
    return tuple(result.counted[number] for number in sorted(result.counted))


def advise_on(parts: BuiltParts, trials: Trials, is_site: Callable[[str], bool]) -> StepAdvice:
    """Find, try and judge all switches of the steps, and return the advice.

    `parts`: what `make()` built. `is_site`: whether a file may hold sites. BadStep if the steps cannot be executed as
    they are; TrialFailed if they cannot be executed while they are watched.
    """
    try:
        first = trials.run()
    except TrialFailed as error:
        where = f" ({path_as_shown(error.place[0])}:{error.place[1]})" if error.place else ""
        raise BadStep(f"the step cannot be executed: {error}{where}") from error
    watched: WatchedSteps = trials.watch(lambda steps, repeats: watch_steps(steps, repeats, is_site, trials.device, {}))
    ignored: frozenset[str] = frozenset()
    watch_differs = next(iter(first.observed.named_differences(watched.observed)), None)
    if watch_differs is not None:
        ignored = frozenset(first.observed.differences(trials.run().observed))
    overwritten = _silent_writes(trials) if watched.may_be_wrong else []
    options = _options(watched, parts, is_site)
    in_place = in_place_options(
        watched, parts, lambda file: Source.read(file) if is_site(file) else None, trials.repeats
    )
    for warning in _warnings(first.observed, watched, ignored, watch_differs):
        for option in (*options, *in_place):
            _at_most_may(option, warning)
    before = counted_in_order(first)
    search = Search(Judge(trials, first.observed, ignored), before)
    leave_unable(options, watched, search)
    chosen = settle_all(search, options)
    more, quicker = settle_copied(in_place, chosen, search, trials, is_site)
    chosen += more
    _show_failures(options, search, FirstDifference(trials, is_site))
    differs = next(iter(sorted(ignored)), None)
    return StepAdvice(
        [*options, *in_place],
        before,
        search.try_set([option.switch for option in chosen]),
        trials.runs,
        first.observed,
        chosen,
        differs,
        None if ignored else watch_differs,
        watched.effects,
        overwritten,
        quicker,
        search.try_set([option.switch for option in quicker]),
    )


def _show_failures(options: Sequence[SwitchOption], search: Search, first: FirstDifference) -> None:
    """Add to the reason of each option that is `never` by its trial the op that shows why."""
    for option in options:
        failure = search.failed.get(id(option.switch))
        if option.verdict == NEVER and failure is not None:
            raised = failure.error.place
            shown = ("", Reader("it raised", *raised)) if raised else first.of(option.switch, failure.base)
            if shown is not None:
                what, option.finding.reader = shown
                option.reason += f"; {option.finding.reader} {what}".rstrip()
            elif isinstance(option.switch, Candidate):
                source = Source.read(option.switch.place.file)
                option.reason, option.finding.reader = with_giving_line(option.reason, option.switch, source)


def _silent_writes(trials: Trials) -> list[SilentWrite]:
    """Return the silent writes of the steps; an empty list if a step fails while it is watched."""
    try:
        return trials.watch(lambda steps, _: silent_writes(steps))
    except TrialFailed:
        return []


def _warnings(
    seen: Observed, watched: WatchedSteps, ignored: frozenset[str], watch_differs: str | None
) -> Iterator[str]:
    """Yield each reason why no option of these steps can be `do`."""
    if seen.unread is not None:
        yield f"no trial compares {seen.unread}: its values cannot be read"
    if ignored:
        yield "the step is not deterministic"
    elif watch_differs is not None:
        yield f"while watched, the step did something else: {watch_differs} differs"
    if watched.effects.threads:
        yield "the step starts threads, whose ops were not watched"
    if FORK in watched.effects.processes:
        yield "the step forks, and what the fork reads was not watched"
    if watched.streams > 1:
        yield "the step works on several streams of the GPU, whose order was not watched"


def _at_most_may(option: SwitchOption, warning: str) -> None:
    if option.verdict == DO:
        option.verdict = MAY
        option.reason = UNSEEN
    option.finding.warning = "; ".join(filter(None, (option.finding.warning, warning)))


def _options(watched: WatchedSteps, parts: BuiltParts, is_site: Callable[[str], bool]) -> list[SwitchOption]:
    def sources(file: str) -> Source | None:
        return Source.read(file) if is_site(file) else None

    flags = list(_flag_options(watched, parts, sources))
    of_flags = {option.switch.place for option in flags if isinstance(option.switch, FlagSwitch)}
    found = [
        SwitchOption(each.candidate, each, each.verdict, each.reason)
        for each in watched.findings
        if each.candidate is not None and (each.candidate.kind != FLAG or each.candidate.place not in of_flags)
    ]
    for switch in optimizer_switches(parts.optimizers, sources):
        finding = SiteFinding(None, MAY, UNSEEN, warning=ROUNDED)
        found.append(SwitchOption(switch, finding, finding.verdict, finding.reason))
    return [*found, *flags]


def _flag_options(
    watched: WatchedSteps, parts: BuiltParts, sources: Callable[[str], Source | None]
) -> Iterable[SwitchOption]:
    """Yield an option per expression that made modules whose flag is off.

    One expression may make modules in `make()` and in the step. A patch changes both, so they are one option.
    """
    called = watched.modules
    made = {e.candidate.place: e for e in watched.findings if e.candidate is not None and e.candidate.kind == FLAG}
    for switch in flag_switches(parts.flagged(inplace=False), sources):
        of_step = made.get(switch.place) if switch.place is not None else None
        findings = [called[path] for path in switch.modules if path in called]
        is_all = len(findings) == len(switch.modules)
        if of_step is not None:
            switch = replace(switch, by_state=False)  # a trial changes the text as well
            findings.append(of_step)
        if not findings or switch.place in watched.made_unknown:
            continue
        finding = worst(findings)
        option = SwitchOption(switch, finding, finding.verdict, finding.reason)
        if not is_all:
            _at_most_may(option, "some of these modules were not called, or in a way that is not understood")
        yield option


def run_timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """Run `call`; return its result, and the seconds that it took."""
    began = time.monotonic()
    return call(), time.monotonic() - began
