"""Give each option its verdict by trials: of the options that the trace permits, those that hold together and save."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.advise.switches.candidates import Candidate
from benchmarks.advise.switches.flags import FlagSwitch
from benchmarks.advise.switches.inplace_calls import OutOfPlace
from benchmarks.advise.switches.optimizer_forms import OPTIMIZER, OptimizerSwitch
from benchmarks.advise.trials.search import FEWEST_BYTES, Search
from benchmarks.advise.trials.step_trials import Switch
from benchmarks.advise.user.forked import TrialFailed
from benchmarks.advise.user.question import DO, LEAVE, LEVELS, MAY, NEVER, Bytes
from benchmarks.advise.verdicts.memory_bound import able_to_save, peak_is_in_update
from benchmarks.advise.verdicts.proof import UNSEEN, SiteFinding
from benchmarks.advise.verdicts.watched_steps import WatchedSteps

#: The reason of an option whose expression has a safer operand.
NOT_TRIED = "the other operand of the same expression is the safer one"
NO_BYTE = "it saves no byte"
#: The warning of a proved option that saves only together with options that are not proved.
COMPANION = "it saves only together with others that are `may`"


@dataclass
class SwitchOption:
    """A switch with its finding and its verdict; the verdict and the reason change as trials are made."""

    switch: Candidate | FlagSwitch | OptimizerSwitch | OutOfPlace
    finding: SiteFinding
    verdict: str
    reason: str
    saved: Bytes = Bytes(0, 0)  # noqa: RUF009  # it cannot be changed
    copied_bytes: int = 0  #: for a call in place now: what torch copies for it while each step is executed once
    is_proved: bool = False  #: for a call in place now: it was proved to do the same out of place


def leave_unable(options: Sequence[SwitchOption], watched: WatchedSteps, search: Search) -> None:
    """Make each option `leave` that cannot be part of any saving.

    It cannot, if no moment that matters has both its operand and its result alive. If the peak of any step is another
    while it is watched, this does not hold, and no option is changed.
    """
    waiting = [option for option in options if option.verdict in (DO, MAY)]
    # a sum over the steps reaches the least saving only if one step reaches this share of it
    least_bytes = search.least_bytes // len(watched.timelines)
    able = [_is_elsewhere(option) for option in waiting]
    for timeline, before in zip(watched.timelines, search.before, strict=True):
        if abs(timeline.peak_bytes - before.peak_bytes) >= FEWEST_BYTES:
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
    """Whether the switch changes the bytes of other calls too: it frees gradients, or changes the order of calls."""
    if not isinstance(option.switch, Candidate):
        return False
    before = option.switch.before
    return option.switch.kind == OPTIMIZER or any(
        not isinstance(each, ast.Name | ast.Constant | ast.Attribute) for each in before
    )


def settle_all(search: Search, options: Sequence[SwitchOption]) -> list[SwitchOption]:
    """Give each option its final verdict; return the options that are `do`.

    Options whose operand torch would copy are tried after the others, and `may` options after those that are proved.
    """
    copied = [option for option in options if option.finding.is_copied]
    others = [option for option in options if not option.finding.is_copied]
    if not _leave_needless(search, options):
        _leave_needless(search, others)
    proved = [option for option in others if option.verdict == DO]
    chosen = settle(search, others, DO, ())
    chosen += settle(search, copied, DO, chosen, halvings=2 if chosen else 0)
    chosen_too = _with_companions(search, others, [option for option in proved if option.verdict == LEAVE], chosen)
    settle(search, copied, MAY, [*chosen, *chosen_too], halvings=0)
    return chosen


def _leave_needless(search: Search, options: Sequence[SwitchOption]) -> bool:
    """Try all options together; if no byte changes, make all of them `leave`, with one trial in place of many.

    Of the operands of one expression only one can be tried at once, so there is a trial per operand. Return whether
    the options became `leave`.
    """
    every = [option for option in options if option.verdict in (DO, MAY)]
    waiting = every
    while asked := _one_per_expression(waiting, ()):
        if not search.changes_no_byte([option.switch for option in asked]):
            return False
        waiting = [option for option in waiting if all(option is not each for each in asked)]
    for option in every:
        option.reason = _no_byte(option)
        option.verdict = LEAVE
    return True


def _with_companions(
    search: Search, options: Sequence[SwitchOption], left: Sequence[SwitchOption], chosen_before: Sequence[SwitchOption]
) -> list[SwitchOption]:
    """Try the `may` options together with the proved ones that saved nothing so far; return those that save.

    `left`: the proved options that were left; one that saves only together with `may` options becomes `may` itself.
    """
    if not any(option.verdict == MAY for option in options):
        return []
    for option in left:
        option.verdict, option.finding.warning = MAY, COMPANION
    chosen = settle(search, options, MAY, chosen_before)
    for option in left:
        if option.verdict == MAY:
            option.reason = UNSEEN
        elif option.verdict == LEAVE:
            option.finding.warning = None
    return chosen


def settle(
    search: Search,
    options: Sequence[SwitchOption],
    verdict: str,
    chosen_before: Sequence[SwitchOption],
    halvings: int = 9,
) -> list[SwitchOption]:
    """Try the options that have `verdict`, in addition to `chosen_before`; return those that hold and save bytes.

    Options that do not hold become `never`, and those that save nothing `leave`. Of two operands of one expression the
    safer one is tried first. The other one is tried if that saves nothing, or if all the other operands together save
    more. `chosen_before`: the options that are chosen already. `halvings`: as in `Search.saving`.
    """
    taken: list[SwitchOption] = list(chosen_before)
    waiting = [option for option in options if option.verdict == verdict]
    preferred, exchanged = _one_per_expression(waiting, taken), _one_per_expression(waiting, taken, safest=False)
    if halvings and {*map(id, preferred)} != {*map(id, exchanged)} and _is_better(search, exchanged, preferred, taken):
        waiting = [option for option in waiting if all(option is not each for each in exchanged)]
        taken += _try_options(search, exchanged, taken, halvings)
    while asked := _one_per_expression(waiting, taken):
        waiting = [option for option in waiting if all(option is not each for each in asked)]
        taken += _try_options(search, asked, taken, halvings)
    for option in waiting:
        option.verdict, option.reason = LEAVE, NOT_TRIED
    chosen = taken[len(chosen_before) :]
    for option in chosen:
        rest = [each.switch for each in taken if each is not option]
        option.saved = _difference(search, rest, [each.switch for each in taken])
    return chosen


def _is_better(
    search: Search, one: Sequence[SwitchOption], other: Sequence[SwitchOption], chosen_before: Sequence[SwitchOption]
) -> bool:
    """Whether all options of `one` together save more than all options of `other`."""
    base = [option.switch for option in chosen_before]
    return search.saves_more([*base, *(o.switch for o in one)], [*base, *(o.switch for o in other)])


def _try_options(
    search: Search, asked: Sequence[SwitchOption], chosen_before: Sequence[SwitchOption], halvings: int
) -> list[SwitchOption]:
    by_switch = {id(option.switch): option for option in asked}
    base: list[Switch] = [option.switch for option in chosen_before]
    held = search.grown(base, [option.switch for option in asked])[len(base) :]
    for option in asked:
        if id(option.switch) in search.failed:
            option.verdict, option.reason = NEVER, f"tried, {search.failed[id(option.switch)].error}"
    saving = search.saving(base, held, halvings)
    for switch in held:
        if all(switch is not each for each in saving):
            by_switch[id(switch)].reason = _no_byte(by_switch[id(switch)])
            by_switch[id(switch)].verdict = LEAVE
    return [by_switch[id(switch)] for switch in saving]


def _no_byte(option: SwitchOption) -> str:
    if option.finding.is_copied:
        return "torch would copy it first, for the gradient: that saves nothing"
    if option.verdict == DO or option.finding.warning == COMPANION:  # which is proved, and only for a while `may`
        return NO_BYTE
    return f"{NO_BYTE}; nor would it be proved: {option.finding.warning}"


def _difference(search: Search, without: Sequence[Switch], everything: Sequence[Switch]) -> Bytes:
    """Return the bytes that `everything` saves over `without`, in the step with the largest saving."""
    try:
        pairs = list(zip(search.try_set(without), search.try_set(everything), strict=True))
    except TrialFailed:
        return Bytes(0, 0)
    return max((before - after for before, after in pairs), key=lambda saved: (saved.peak_bytes, saved.held_bytes))


def _one_per_expression(
    options: Sequence[SwitchOption], chosen_before: Sequence[SwitchOption], safest: bool = True
) -> list[SwitchOption]:
    """Return one option per expression: that of its safest operand, or of its least safe one if not `safest`.

    An expression that has an option in `chosen_before` is left out.
    """
    taken = {option.switch.place for option in chosen_before if not isinstance(option.switch, FlagSwitch)}
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
