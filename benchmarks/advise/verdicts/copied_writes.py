"""Judge the switches to out of place: calls that are in place now, and whose operand torch copies first for backward.

Such a switch is proved by its reverse. The steps are watched with the call out of place. If the call could then be
put in place by the usual rules, nothing else reads or keeps what it overwrites, so both variants do the same.
"""

from collections.abc import Callable, Mapping, Sequence

from benchmarks.advise.source.rewrite import Source
from benchmarks.advise.switches.candidates import Candidate
from benchmarks.advise.switches.flags import FlagSwitch, flag_switches
from benchmarks.advise.switches.inplace_calls import OutOfPlace, anchor_of, offset_after
from benchmarks.advise.trials.built_parts import BuiltParts
from benchmarks.advise.trials.search import Search
from benchmarks.advise.trials.step_trials import Trials, changed_texts
from benchmarks.advise.user.forked import TrialFailed
from benchmarks.advise.user.question import DO, LEAVE, MAY, NEVER
from benchmarks.advise.user.user_code import Step
from benchmarks.advise.verdicts.proof import SiteFinding, worst
from benchmarks.advise.verdicts.settle import SwitchOption, settle
from benchmarks.advise.verdicts.watched_steps import WatchedSteps, watch_steps
from benchmarks.record.plain_text import plain_bytes
from benchmarks.source_text import TextEdit

IN_PLACE = "it is in place already, and torch copies nothing for it"
MADE_OTHERS = "the same expression makes modules that were not called, or makes them within the step"
NOT_TOGETHER = "out of place it is not proved together with the switches that are `do`"


def in_place_options(
    watched: WatchedSteps, parts: BuiltParts, source_of: Callable[[str], Source | None], repeats: int
) -> list[SwitchOption]:
    """Return an option per call, and per expression that made modules, that is in place as the steps are now.

    The option is `do` for now where torch copied the operand, and `leave` elsewhere. `source_of`: the source of a file
    that may hold sites, None for others. `repeats`: how often each step was executed while it was watched.
    """
    found = [_option(site, copied // repeats) for site, copied in watched.in_place.items()]
    called = watched.in_place_modules
    for switch in flag_switches(parts.flagged(inplace=True), source_of, value=False):
        counts = [called[path] for path in switch.modules if path in called]
        if counts:
            option = _option(switch, sum(counts) // repeats)
            if len(counts) < len(switch.modules) or switch.place in watched.made_in_place:
                option.verdict, option.reason = LEAVE, MADE_OTHERS
            found.append(option)
    return found


def _option(switch: OutOfPlace | FlagSwitch, copied_bytes: int) -> SwitchOption:
    verdict, reason = (DO, "") if copied_bytes else (LEAVE, IN_PLACE)
    return SwitchOption(switch, SiteFinding(None, verdict, reason), verdict, reason, copied_bytes=copied_bytes)


def settle_copied(
    options: Sequence[SwitchOption],
    chosen_before: Sequence[SwitchOption],
    search: Search,
    trials: Trials,
    is_site: Callable[[str], bool],
) -> tuple[list[SwitchOption], list[SwitchOption]]:
    """Give each option its verdict; return the options that are `do`, and those whose time is to be measured.

    The first save bytes. The others are proved and take no more bytes, so that they may save time; there are none
    unless nothing else is chosen. `chosen_before`: the options that are chosen already.
    """
    waiting = [option for option in options if option.verdict in (DO, MAY)]
    if not waiting:
        return [], []
    base = [option.switch for option in chosen_before]
    held = search.grown(base, [option.switch for option in waiting])[len(base) :]
    for option in waiting:
        if id(option.switch) in search.failed:
            option.verdict, option.reason = LEAVE, f"tried out of place, {search.failed[id(option.switch)].error}"
    holding = [option for option in waiting if any(option.switch is each for each in held)]
    _drop_unproved(holding, chosen_before, trials, is_site)
    chosen = settle(search, waiting, DO, chosen_before, halvings=2)
    same = [option for option in waiting if option.verdict == LEAVE and option.is_proved and option.switch.edits]
    for option in same:
        copied = plain_bytes(option.copied_bytes)
        option.reason = (
            f"torch copies it first, for the gradient ({copied}); out of place takes as many bytes, without a copy"
        )
    taken = [*chosen_before, *chosen]
    settle(search, waiting, MAY, taken, halvings=0)
    for option in waiting:
        if option.verdict == NEVER:
            option.verdict = LEAVE
    return chosen, _quicker(same, taken, search)


def _quicker(same: Sequence[SwitchOption], taken: Sequence[SwitchOption], search: Search) -> list[SwitchOption]:
    """Return the options whose time is to be measured: all of `same`, or none.

    All, if together they take no more bytes and nothing else is chosen. Otherwise each gets its reason.
    """
    switches = [option.switch for option in taken]
    if not search.takes_no_more([*switches, *(option.switch for option in same)], switches):
        why = "out of place it takes more bytes"
    elif taken:
        why = "torch copies it first, for the gradient; out of place is timed where nothing else is to be done"
    else:
        return list(same)
    for option in same:
        option.reason = why
    return []


def _drop_unproved(
    options: Sequence[SwitchOption],
    chosen_before: Sequence[SwitchOption],
    trials: Trials,
    is_site: Callable[[str], bool],
) -> None:
    """Watch these options out of place, drop those that fail, and repeat with the rest, until all of them are proved.

    The verdict and the reason of a dropped option say why it failed. A proof of a set is one of each of its parts: in
    the steps that were watched, the others of the set could be put in place again.
    """
    waiting = list(options)
    while waiting:
        proved = _proved(waiting, chosen_before, trials, is_site)
        if len(proved) == len(waiting):
            break
        waiting = proved
    for option in options:
        option.is_proved = any(option is each for each in waiting)


def _proved(
    options: Sequence[SwitchOption],
    chosen_before: Sequence[SwitchOption],
    trials: Trials,
    is_site: Callable[[str], bool],
) -> list[SwitchOption]:
    """Watch the steps with all of these calls out of place; return the options that are proved then."""
    switches = [option.switch for option in options]
    texts = changed_texts(switches, living_only=True)

    def watch(steps: Sequence[Step], repeats: int) -> WatchedSteps:
        return watch_steps(steps, repeats, is_site, trials.device, texts)

    try:
        watched: WatchedSteps = trials.watch(watch, switches)
    except TrialFailed as error:
        for option in options:
            option.verdict, option.reason = LEAVE, f"watched out of place, {error}"
        return []
    edits: dict[str, list[TextEdit]] = {}
    for switch in switches:
        if isinstance(switch, OutOfPlace):
            edits.setdefault(switch.place.file, []).extend(switch.changes)
    for each in chosen_before:
        found = _finding(each.switch, watched, edits)
        if found is None or found.verdict != DO:
            for option in options:
                option.verdict, option.reason = LEAVE, NOT_TOGETHER
            return []
    findings = [_finding(switch, watched, edits) for switch in switches]
    for option, finding in zip(options, findings, strict=True):
        _judge(option, finding)
    return [o for o, finding in zip(options, findings, strict=True) if finding and finding.verdict == DO]


def _judge(option: SwitchOption, finding: SiteFinding | None) -> None:
    if finding is None or finding.verdict not in (DO, MAY):
        why = finding.reason if finding is not None else "it did not run out of place"
        option.verdict, option.reason = LEAVE, f"what it overwrites is needed, or may be: {why}"
    elif finding.verdict == MAY:
        option.verdict, option.reason, option.finding.warning = MAY, finding.reason, finding.warning


def _finding(switch: object, watched: WatchedSteps, edits: Mapping[str, list[TextEdit]]) -> SiteFinding | None:
    if isinstance(switch, FlagSwitch):
        found = [watched.modules[path] for path in switch.modules if path in watched.modules]
        is_whole = switch.by_state and len(found) == len(switch.modules)  # else the step makes some of them
        return worst(found) if is_whole else None
    if isinstance(switch, Candidate):
        file, anchor = switch.place.file, _anchor(switch)
        before = edits.get(file, ())
        return None if anchor is None else watched.anchors.get((file, offset_after(anchor, before), switch.operand))
    if isinstance(switch, OutOfPlace):
        file = switch.place.file
        return watched.anchors.get((file, switch.anchor_after(edits[file]), switch.operand))
    return None


def _anchor(candidate: Candidate) -> int | None:
    source = Source.read(candidate.place.file)
    node = source.node(candidate.place)
    return anchor_of(source, node) if node is not None else None
