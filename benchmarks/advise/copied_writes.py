"""The other direction, judged: calls in place for which torch copies the operand first, written out of place.

A call out of place is the same as the one in place where, in the steps written out of place, the switch back is proved:
then nothing else reads or keeps what the call in place overwrites.
"""

from collections.abc import Callable, Mapping, Sequence

from torch import nn

from benchmarks.advise.byte_text import mib
from benchmarks.advise.flags import FlagSwitch, Makers, has_flag
from benchmarks.advise.forked import TrialFailed
from benchmarks.advise.inplace_calls import OutOfPlace
from benchmarks.advise.observe import living
from benchmarks.advise.proof import SiteFinding, worst
from benchmarks.advise.question import DO, LEAVE, MAY, NEVER
from benchmarks.advise.rewrite import RewriteEdit, Source
from benchmarks.advise.search import Search
from benchmarks.advise.settle import SwitchOption, settle
from benchmarks.advise.step_trials import Trials, changed_texts
from benchmarks.advise.user_code import Step
from benchmarks.advise.watched_steps import ModulePath, WatchedSteps, module_paths, watch_steps

IN_PLACE = "it is in place already, and torch copies nothing for it"


def in_place_options(
    watched: WatchedSteps, makers: Makers, source_of: Callable[[str], Source | None], repeats: int
) -> list[SwitchOption]:
    """What is in place as the steps are; what torch copies nothing for is left as it is. `repeats`: of each step."""
    found = [_option(site, copied // repeats) for site, copied in watched.in_place.items()]
    paths = module_paths()
    on = [m for m in living(nn.Module) if has_flag(m) and m.inplace and paths.get(id(m)) in watched.in_place_modules]
    for switch in makers.switches(on, source_of, value=False):
        copied = sum(watched.in_place_modules[paths[id(m)]] for m in switch.modules)
        found.append(_option(switch, copied // repeats))
    return found


def _option(switch: OutOfPlace | FlagSwitch, copied_bytes: int) -> SwitchOption:
    verdict, reason = (DO, "") if copied_bytes else (LEAVE, IN_PLACE)
    return SwitchOption(switch, SiteFinding(None, verdict, reason), verdict, reason, copied_bytes=copied_bytes)


def settle_copied(
    options: Sequence[SwitchOption],
    beside: Sequence[SwitchOption],
    search: Search,
    trials: Trials,
    is_site: Callable[[str], bool],
) -> tuple[list[SwitchOption], list[SwitchOption]]:
    """Those that are `do`, for they save bytes; and those that hold as well and take no more, which may save time.

    `beside`: what is chosen already.
    """
    waiting = [option for option in options if option.verdict in (DO, MAY)]
    if not waiting:
        return [], []
    base = [option.switch for option in beside]
    held = search.grown(base, [option.switch for option in waiting])[len(base) :]
    for option in waiting:
        if id(option.switch) in search.failed:
            option.verdict, option.reason = LEAVE, f"tried out of place, {search.failed[id(option.switch)]}"
    _prove([option for option in waiting if any(option.switch is each for each in held)], trials, is_site)
    chosen = settle(search, waiting, DO, beside, explores=2)
    same = [option for option in waiting if option.verdict == LEAVE and option.is_proved]
    for option in same:
        copied = mib(option.copied_bytes)
        option.reason = (
            f"torch copies it first, for the gradient ({copied}); out of place takes as many bytes, uncopied"
        )
    settle(search, waiting, MAY, [*beside, *chosen], explores=0)
    for option in waiting:
        if option.verdict == NEVER:
            option.verdict = LEAVE
    taken = [option.switch for option in (*beside, *chosen)]
    if not search.takes_no_more([*taken, *(option.switch for option in same)], taken):
        for option in same:
            option.reason = "out of place it takes more bytes"
        return chosen, []
    return chosen, [option for option in same if option.switch.edits]


def _prove(options: Sequence[SwitchOption], trials: Trials, is_site: Callable[[str], bool]) -> None:
    """Watch the steps with all of these out of place: each holds where it could be put in place again."""
    switches = [option.switch for option in options]
    texts = changed_texts(switches, living_only=True)

    def watch(steps: Sequence[Step], repeats: int) -> WatchedSteps:
        return watch_steps(steps, repeats, is_site, trials.device, texts)

    if not options:
        return
    try:
        watched: WatchedSteps = trials.watch(watch, switches)
    except TrialFailed as error:
        for option in options:
            option.verdict, option.reason = LEAVE, f"watched out of place, {error}"
        return
    edits: dict[str, list[RewriteEdit]] = {}
    for switch in switches:
        if isinstance(switch, OutOfPlace):
            edits.setdefault(switch.place.file, []).extend(switch.changes)
    paths = module_paths()
    for option in options:
        finding = _finding(option.switch, watched, edits, paths)
        option.is_proved = finding is not None and finding.verdict == DO
        if finding is None or finding.verdict == NEVER:
            why = finding.reason if finding is not None else "it did not run out of place"
            option.verdict, option.reason = LEAVE, f"what it writes is needed, or may be: {why}"
        elif finding.verdict == MAY:
            option.verdict, option.reason, option.finding.warning = MAY, finding.reason, finding.warning


def _finding(
    switch: object, watched: WatchedSteps, edits: Mapping[str, list[RewriteEdit]], paths: Mapping[int, ModulePath]
) -> SiteFinding | None:
    if isinstance(switch, OutOfPlace):
        file = switch.place.file
        return watched.anchors.get((file, switch.anchor_after(edits[file])))
    assert isinstance(switch, FlagSwitch)
    found = [watched.modules[paths[id(m)]] for m in switch.modules if paths[id(m)] in watched.modules]
    return worst(found) if len(found) == len(switch.modules) else None
