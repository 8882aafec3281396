"""Turn options into decisions, the lines of the answer: one per expression, or per class of modules."""

from collections.abc import Iterable, Sequence

from benchmarks.advise.switches.candidates import Candidate
from benchmarks.advise.switches.flags import FlagSwitch
from benchmarks.advise.user.question import DO, LEAVE, MAY, NEVER, Bytes, Decision
from benchmarks.advise.verdicts.settle import NOT_TRIED, SwitchOption

#: The order of the lines, and of the options for one expression, of which the first is shown.
_BEST_FIRST = (DO, MAY, LEAVE, NEVER)


def decisions_of(options: Sequence[SwitchOption]) -> list[tuple[Decision, list[SwitchOption]]]:
    """Return each decision with the options that it is made of, the best verdict and the largest saving first."""
    places: dict[object, list[SwitchOption]] = {}
    classes: dict[object, list[SwitchOption]] = {}
    for option in options:
        if isinstance(option.switch, FlagSwitch):
            written = bool(option.switch.edits)  # else it is not part of the patch
            key = option.switch.class_name, option.switch.value, option.verdict, option.reason, written
            classes.setdefault(key, []).append(option)
        else:
            places.setdefault(option.switch.place, []).append(option)
    made = [_of_class(group) for group in classes.values()]
    for group in places.values():
        made.append(_of_place(min(group, key=_rank)))
    return sorted(made, key=_order)


def _rank(option: SwitchOption) -> tuple[int, bool]:
    return _BEST_FIRST.index(option.verdict), option.reason == NOT_TRIED


def _order(made: tuple[Decision, list[SwitchOption]]) -> tuple[int, int, str, int, int]:
    decision = made[0]
    saved = decision.peak_bytes_saved
    return _BEST_FIRST.index(decision.verdict), -saved, decision.file, decision.line, decision.column or 0


def _of_place(option: SwitchOption) -> tuple[Decision, list[SwitchOption]]:
    switch, finding = option.switch, option.finding
    assert not isinstance(switch, FlagSwitch)
    place = switch.place
    decision = Decision(
        option.verdict,
        switch.kind,
        place.file,
        place.line,
        place.end_line,
        place.column,
        place.end_column,
        switch.expression,
        switch.replacement,
        _reason(option),
        operand=switch.operand if isinstance(switch, Candidate) else None,
        level=finding.level,
        saver=finding.reader.json if finding.reader is not None else None,
        warning=finding.warning if option.verdict == MAY else None,
        peak_bytes_saved=option.saved.peak_bytes,
        held_bytes_saved=option.saved.held_bytes,
    )
    return decision, [option]


def _of_class(options: Sequence[SwitchOption]) -> tuple[Decision, list[SwitchOption]]:
    first = options[0]
    switches = [option.switch for option in options if isinstance(option.switch, FlagSwitch)]
    place, paths = switches[0].place, [path for switch in switches for path in switch.paths]
    name, finding, saved = switches[0].class_name, first.finding, _sum(option.saved for option in options)
    decision = Decision(
        first.verdict,
        "flag",
        place.file if place else "",
        place.line if place else 0,
        place.end_line if place else 0,
        place.column if place else None,
        place.end_column if place else None,
        switches[0].expression or f"{name}()",
        f"{name}(inplace={switches[0].value})",
        _reason(first),
        module=paths[0],
        modules=paths,
        operand=1,
        level=finding.level,
        saver=finding.reader.json if finding.reader is not None else None,
        warning=finding.warning if first.verdict == MAY else None,
        peak_bytes_saved=saved.peak_bytes,
        held_bytes_saved=saved.held_bytes,
    )
    return decision, list(options)


def _sum(saved: Iterable[Bytes]) -> Bytes:
    found = list(saved)
    return Bytes(sum(each.peak_bytes for each in found), sum(each.held_bytes for each in found))


def _reason(option: SwitchOption) -> str:
    if option.verdict == DO:
        if option.is_proved:
            return "torch copied its operand first, for the gradient; out of place every trial gave the same to the bit"
        return "nothing reads or keeps what it overwrites, and every trial gave the same to the bit"
    return option.reason
