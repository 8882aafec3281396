"""Findings and cures as text."""

from collections.abc import Mapping, Sequence

from benchmarks.explain.conflicts import HANDED, OVERLAP, REFUSED, REJECTED, SILENT, STALE, Conflict, OpPlace
from benchmarks.explain.cures import Cure
from benchmarks.explain.source import line_at
from benchmarks.tracking.site import Site, path_below

_TITLES = {
    REFUSED: "torch refuses backward: {written} wrote what {saved} had saved for it",
    SILENT: "a gradient is wrong and nothing says so: {written} wrote what {saved} had saved",
    HANDED: "{saved} saves a tensor that it then writes",
    REJECTED: "torch refuses {written}",
    OVERLAP: "{written} gives wrong values and nothing says so",
    STALE: "an old value is used and nothing says so: {written} wrote a weight of which autocast keeps a cast",
}
_UNSEEN = "code that torch does not see"
#: Ops that users know by another name.
_NAMES = {"lift_fresh": "tensor", "_to_copy": "to", "copy_": "assignment"}


def conflict_text(number: int, finding: Conflict, cures: Sequence[Cure], outcomes: Mapping[int, str]) -> str:
    """Return a finding as text of several lines. `outcomes`: results of the cures that were tried, by their places."""
    written = finding.written[0] if finding.written else None
    named = {"written": _name(written) if written else _UNSEEN, "saved": _name(finding.saved)}
    title = _TITLES[finding.kind].format(**named)
    if finding.kind == REJECTED and written is None:
        title = f"torch cannot run the backward of {named['saved']}"
    lines = [f"{number}. {title}"]
    first = "made" if finding.kind == REJECTED else "saved"
    lines += _place_lines(first, finding.saved, finding.what)
    for place in finding.written:
        lines += _place_lines(_written_label(finding), place)
    if not finding.written and finding.kind != REJECTED:
        lines.append(_row("written", f"by {_UNSEEN}"))
    raised = finding.kind == REJECTED
    lines += _place_lines("raised" if raised else "needed", finding.needed)
    lines.append(_row("why", finding.why))
    for place, cure in enumerate(cures):
        label = "cures" if place == 0 else ""
        lines.append(_row(label, f"{path_below(cure.file)}:{cure.line}  {cure.kind}: {cure.shown}"))
        if place in outcomes:
            lines.append(_row("", f"    {outcomes[place]}"))
    if not cures:
        lines.append(_row("cures", _advice(finding)))
    if finding.times > 1:
        lines.append(_row("", f"{finding.times} times in this run"))
    return "\n".join(lines)


def _written_label(finding: Conflict) -> str:
    if finding.kind == REJECTED and finding.needed is None:
        return "refused"
    return "handed out" if finding.exported else "written"


def _advice(finding: Conflict) -> str:
    if finding.kind == REJECTED:
        return "out-of-place"
    if finding.kind == STALE:
        return "torch.clear_autocast_cache() behind the write, or a region for each step"
    if finding.kind == OVERLAP:
        return "out-of-place, or on a copy"
    return "write a copy, or run this backward before the write"


def _place_lines(label: str, place: OpPlace | None, more: str = "") -> list[str]:
    if place is None:
        return []
    if place.site is None:
        return [_row(label, f"by {_name(place)}, outside the script's own code")]
    where = f"{_where(place.site)}  {line_at(place.site)}".rstrip()  # code in a string has no line

    inside = f", in module {place.module!r}" if place.module else ""
    op = "" if label == "needed" else f"  [{_name(place)}{inside}{', ' + more if more else ''}]"
    return [_row(label, where + op)]


def _where(site: Site) -> str:
    return f"{path_below(site.file)}:{site.line}"


def _name(place: OpPlace | None) -> str:
    return "an op" if place is None else _NAMES.get(place.op, place.op)


def _row(label: str, text: str) -> str:
    return f"   {label:<11}{text}"
