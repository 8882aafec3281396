"""Claims and hazards on the terminal: a block each, and versions side by side."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.autograd.findings import (
    FIXED,
    GUARD,
    NOT_AVAILABLE,
    RAISES,
    SILENT,
    ClaimRow,
    HazardRow,
    Outcome,
    Row,
    without_hint,
)

WIDTH = 110
_LABEL = 12
_SPEAKS = {True: "for", False: "against", None: "seen"}
_FORM = {SILENT: "silent, wrong", FIXED: "right"}
_STATUS = {SILENT: "SILENT: no error, wrong gradients", RAISES: "raises", FIXED: "no error, right gradients"}


def claim_block(row: ClaimRow) -> str:
    """A claim: its verdict, what people say, what was seen for and against."""
    lines = [f"{row.name}: {row.verdict.upper()}"]
    lines += _field("belief", row.belief)
    lines += _field("people say", row.said)
    for observation in row.observations:
        lines += _field(_SPEAKS[observation.holds], f"{observation.what}  =>  {without_hint(observation.seen)}")
    if row.reason:
        lines += _field("because", row.reason)
    lines += _field("program", row.place)
    return "\n".join(lines) + "\n"


def hazard_block(row: HazardRow) -> str:
    """A hazard: how it stands, the true gradient and the one obtained, other forms, what to write instead."""
    lines = [f"{row.name}: {_STATUS.get(row.status, row.status)}{_since(row)}"]
    lines += _field("once" if row.kind == GUARD else "what", row.title)
    if row.true:
        lines += _field("true", row.true)
    if row.obtained:
        lines += _field("obtained", row.obtained)
    if row.reason:
        lines += _field("error" if row.status == RAISES else "because", without_hint(row.reason))
    for warning in row.warned:
        lines += _field("warned", without_hint(warning))
    for outcome in row.beside:
        lines += _field("beside", f"{outcome.what}  =>  {_outcome(outcome)}")
    if row.rewrite is not None:
        right = "right" if row.rewrite.status == FIXED else "NOT RIGHT"
        lines += _field(
            "instead", f"{row.instead}  =>  {right}: {row.rewrite.obtained or without_hint(row.rewrite.reason)}"
        )
    if row.reference:
        lines += _field("reported", row.reference)
    lines += _field("program", row.place)
    return "\n".join(lines) + "\n"


def claims_summary(rows: Sequence[ClaimRow]) -> str:
    """How many claims came out how."""
    counts = Counter(row.verdict for row in rows)
    return f"{_count(rows, 'claim')}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())


def hazards_summary(rows: Sequence[HazardRow]) -> str:
    """How many hazards stand how, which changed, and which rewrites are not right."""
    counts = Counter(row.status for row in rows)
    line = f"{_count(rows, 'hazard')}: " + ", ".join(f"{count} {status}" for status, count in counts.most_common())
    changed = [f"{row.name} ({row.last_known} -> {row.status})" for row in rows if row.changed]
    line += f"; changed: {', '.join(changed)}" if changed else "; none changed"
    tried = [row for row in rows if row.rewrite is not None and row.rewrite.status != NOT_AVAILABLE]
    right = sum(row.rewrite.status == FIXED for row in tried)
    return line + f"; {right} of {len(tried)} rewrites right"


def _count(rows: Sequence[Row], noun: str) -> str:
    return f"{len(rows)} {noun}{'' if len(rows) == 1 else 's'}"


def side_by_side(known: Mapping[tuple[str, str], Mapping[str, Row]]) -> str:
    """A line a name, a column a torch and device; "" where there is nothing to compare."""
    if len(known) < 2:
        return ""
    heads = [f"{torch.partition('+')[0]} {device}" for torch, device in known]
    if len(set(heads)) < len(heads):
        heads = [f"{torch} {device}" for torch, device in known]
    names = list(dict.fromkeys(name for rows in reversed(known.values()) for name in rows))
    columns = [[rows[name].word if name in rows else "-" for name in names] for rows in known.values()]
    return "\n".join(_tables(names, heads, columns)) + "\n"


def _tables(names: list[str], heads: list[str], columns: list[list[str]]) -> Iterator[str]:
    """As many columns a table as fit the width."""
    first = max(map(len, names)) + 2
    widths = [max(map(len, [head, *column])) + 2 for head, column in zip(heads, columns, strict=True)]
    at = 0
    while at < len(heads):
        end = at + 1
        while end < len(heads) and first + sum(widths[at : end + 1]) <= WIDTH:
            end += 1
        yield "".ljust(first) + "".join(map(str.ljust, heads[at:end], widths[at:end])).rstrip()
        for i, name in enumerate(names):
            cells = [column[i] for column in columns[at:end]]
            yield name.ljust(first) + "".join(map(str.ljust, cells, widths[at:end])).rstrip()
        at = end


def _since(row: HazardRow) -> str:
    if row.changed:
        return f"  (CHANGED: {row.last_known} on torch {row.last_known_torch})"
    return f"  (as on torch {row.last_known_torch})" if row.status == row.last_known else ""


def _outcome(outcome: Outcome) -> str:
    found = outcome.obtained or without_hint(outcome.reason)
    return _FORM.get(outcome.status, outcome.status) + (f": {found}" if found else "")


def _field(label: str, text: str) -> list[str]:
    indent = " " * (_LABEL + 2)
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"  {label:{_LABEL}}", subsequent_indent=indent, break_on_hyphens=False
    )
