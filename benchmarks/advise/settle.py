"""The verdicts after the trials: of all that the trace permits, what holds together and saves."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.advise.candidates import Candidate
from benchmarks.advise.flags import FlagSwitch
from benchmarks.advise.forked import TrialFailed
from benchmarks.advise.inplace_calls import OutOfPlace
from benchmarks.advise.memory_bound import able_to_save, peak_is_in_update
from benchmarks.advise.optimizer_forms import OPTIMIZER, OptimizerSwitch
from benchmarks.advise.proof import UNSEEN, SiteFinding
from benchmarks.advise.question import DO, LEAVE, LEVELS, MAY, NEVER, Bytes
from benchmarks.advise.search import FEWEST_BYTES, Search
from benchmarks.advise.step_trials import Switch
from benchmarks.advise.watched_steps import WatchedSteps

#: Of an operand beside one that is safer.
NOT_TRIED = "the other operand of the same expression is the safer one"
NO_BYTE = "it saves no byte"
#: Of what is proved, and saves only with what is not.
COMPANION = "it saves only together with others that are `may`"


@dataclass
class SwitchOption:
    """A switch that may be taken, and what was found of it."""

    switch: Candidate | FlagSwitch | OptimizerSwitch | OutOfPlace
    finding: SiteFinding
    verdict: str
    reason: str
    saved: Bytes = Bytes(0, 0)  # noqa: RUF009  # it cannot be changed
    copied_bytes: int = 0  #: of what is in place already: what torch copies for it when each step is executed once
    is_proved: bool = False  #: of the same: whether it is the same out of place


def leave_unable(options: Sequence[SwitchOption], watched: WatchedSteps, search: Search) -> None:
    """Leave as it is what can be no part of any saving: no moment that counts has its operand and its result alive.

    Nothing is left for a step whose bytes are others where it is watched: where backward sums gradients, they are.
    """
    waiting = [option for option in options if option.verdict in (DO, MAY)]
    least_bytes = search.least_bytes // len(watched.timelines)  # a sum over steps reaches it only if one reaches this
    able = [_is_elsewhere(option) for option in waiting]
    for timeline, counted, before in zip(watched.timelines, watched.counted, search.before, strict=True):
        if abs(counted.peak_bytes - before.peak_bytes) >= FEWEST_BYTES:
            return
        found = able_to_save([option.finding.edges for option in waiting], timeline, watched.lives, least_bytes)
        in_update = peak_is_in_update(timeline, least_bytes)
        found = [
            each or (in_update and isinstance(o.switch, OptimizerSwitch))
            for each, o in zip(found, waiting, strict=True)
        ]
        able = [one or other for one, other in zip(able, found, strict=True)]
    for option, is_able in zip(waiting, able, strict=True):
        if not is_able:
            option.reason = _no_byte(option)
            option.verdict = LEAVE


def _is_elsewhere(option: SwitchOption) -> bool:
    """Whether it changes what is allocated in other calls: gradients let go, or an order of evaluation."""
    if not isinstance(option.switch, Candidate):
        return False
    before = option.switch.before
    return option.switch.kind == OPTIMIZER or any(
        not isinstance(each, ast.Name | ast.Constant | ast.Attribute) for each in before
    )


def settle_all(search: Search, options: Sequence[SwitchOption]) -> list[SwitchOption]:
    """Give each option its verdict; those that are `do`.

    What torch copies first comes after the rest, and what rests on more than the steps show after what is proved.
    """
    copied = [option for option in options if option.finding.is_copied]
    others = [option for option in options if not option.finding.is_copied]
    if not _leave_needless(search, options):
        _leave_needless(search, others)
    proved = [option for option in others if option.verdict == DO]
    chosen = settle(search, others, DO, ())
    chosen += settle(search, copied, DO, chosen, explores=2 if chosen else 0)
    chosen_too = _with_companions(search, others, [option for option in proved if option.verdict == LEAVE], chosen)
    settle(search, copied, MAY, [*chosen, *chosen_too], explores=0)
    return chosen


def _leave_needless(search: Search, options: Sequence[SwitchOption]) -> bool:
    """Leave all as it is where together they change no byte: one trial in place of many. False where they do."""
    every = [option for option in options if option.verdict in (DO, MAY)]
    waiting = every
    while asked := _one_a_place(waiting, ()):
        if not search.changes_no_byte([option.switch for option in asked]):
            return False
        waiting = [option for option in waiting if all(option is not each for each in asked)]
    for option in every:
        option.reason = _no_byte(option)
        option.verdict = LEAVE
    return True


def _with_companions(
    search: Search, options: Sequence[SwitchOption], left: Sequence[SwitchOption], beside: Sequence[SwitchOption]
) -> list[SwitchOption]:
    """The ones that are `may`: some save only together with what is proved and saves nothing without them."""
    if not any(option.verdict == MAY for option in options):
        return []
    for option in left:
        option.verdict, option.finding.warning = MAY, COMPANION
    chosen = settle(search, options, MAY, beside)
    for option in left:
        if option.verdict == MAY:
            option.reason = UNSEEN
        elif option.verdict == LEAVE:
            option.finding.warning, option.reason = None, option.reason.split("; nor would it be proved")[0]
    return chosen


def settle(
    search: Search, options: Sequence[SwitchOption], verdict: str, beside: Sequence[SwitchOption], explores: int = 9
) -> list[SwitchOption]:
    """Try the options of one verdict together, beside others: the ones that hold and save. The rest is left as it is.

    Of two operands of one expression the safer is tried first, and the other where that one saves nothing, or where all
    others together save more. `explores`: how often to halve what costs bytes, in search of what saves.
    """
    taken: list[SwitchOption] = list(beside)
    waiting = [option for option in options if option.verdict == verdict]
    preferred, exchanged = _one_a_place(waiting, taken), _one_a_place(waiting, taken, safest=False)
    if explores and {*map(id, preferred)} != {*map(id, exchanged)} and _is_better(search, exchanged, preferred, taken):
        waiting = [option for option in waiting if all(option is not each for each in exchanged)]
        taken += _tried(search, exchanged, taken, explores)
    while asked := _one_a_place(waiting, taken):
        waiting = [option for option in waiting if all(option is not each for each in asked)]
        taken += _tried(search, asked, taken, explores)
    for option in waiting:
        option.verdict, option.reason = LEAVE, NOT_TRIED
    chosen = taken[len(beside) :]
    for option in chosen:
        rest = [each.switch for each in taken if each is not option]
        option.saved = _difference(search, rest, [each.switch for each in taken])
    return chosen


def _is_better(
    search: Search, one: Sequence[SwitchOption], other: Sequence[SwitchOption], beside: Sequence[SwitchOption]
) -> bool:
    """Whether one set, whole, saves more than another."""
    base = [option.switch for option in beside]
    return search.saves_more([*base, *(o.switch for o in one)], [*base, *(o.switch for o in other)])


def _tried(
    search: Search, asked: Sequence[SwitchOption], beside: Sequence[SwitchOption], explores: int
) -> list[SwitchOption]:
    by_switch = {id(option.switch): option for option in asked}
    base: list[Switch] = [option.switch for option in beside]
    held = search.grown(base, [option.switch for option in asked])[len(base) :]
    for option in asked:
        if id(option.switch) in search.failed:
            option.verdict, option.reason = NEVER, f"tried, {search.failed[id(option.switch)]}"
    saving = search.saving(base, held, explores)
    for switch in held:
        if all(switch is not each for each in saving):
            by_switch[id(switch)].reason = _no_byte(by_switch[id(switch)])
            by_switch[id(switch)].verdict = LEAVE
    return [by_switch[id(switch)] for switch in saving]


def _no_byte(option: SwitchOption) -> str:
    if option.finding.is_copied:
        return "torch would copy it first, for the gradient: that saves nothing"
    return NO_BYTE if option.verdict == DO else f"{NO_BYTE}; nor would it be proved: {option.finding.warning}"


def _difference(search: Search, without: Sequence[Switch], everything: Sequence[Switch]) -> Bytes:
    """The bytes lost without one option, in the step that loses most."""
    try:
        pairs = list(zip(search.try_set(without), search.try_set(everything), strict=True))
    except TrialFailed:
        return Bytes(0, 0)
    return max((before - after for before, after in pairs), key=lambda saved: (saved.peak_bytes, saved.held_bytes))


def _one_a_place(
    options: Sequence[SwitchOption], beside: Sequence[SwitchOption], safest: bool = True
) -> list[SwitchOption]:
    """Per expression one option: that of its safest operand, or of the other one; none where one is taken already."""
    taken = {option.switch.place for option in beside if not isinstance(option.switch, FlagSwitch)}
    chosen: dict[object, SwitchOption] = {}
    for option in options:
        if isinstance(option.switch, FlagSwitch):
            chosen[id(option)] = option
        elif option.switch.place not in taken:
            best = chosen.get(option.switch.place)
            if best is None or (_safety(option) < _safety(best)) == safest:
                chosen[option.switch.place] = option
    return list(chosen.values())


def _safety(option: SwitchOption) -> tuple[int, int]:
    operand = 1 if isinstance(option.switch, FlagSwitch) else option.switch.operand
    return LEVELS.index(option.finding.level or LEVELS[-1]), operand
