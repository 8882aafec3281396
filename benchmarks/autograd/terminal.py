"""Claims, hazards and the safety matrix on the terminal: a block per row, summaries, and versions side by side."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.autograd.record.differences import Difference
from benchmarks.autograd.record.findings import (
    EVIDENCE_WORDS,
    FIXED,
    GUARD,
    NOT_AVAILABLE,
    RAISES,
    SILENT,
    ClaimRow,
    HazardRow,
    Row,
    outcome_text,
)
from benchmarks.autograd.record.safety import (
    ANSWERS,
    CRASHED,
    HUNG,
    NARROWS,
    PLAIN,
    QUESTIONS,
    WORKS,
    WRONG,
    SafetyCell,
    SafetyRow,
    Saved,
)
from benchmarks.record.plain_text import first_names
from benchmarks.record.reason import without_hint
from benchmarks.record.versions import release

WIDTH = 110
_MOST_NAMES = 12  #: of pairs, in a line
_LABEL = 12
_WIDE_LABEL = 22
_STATUS_TEXT = {SILENT: "silent, wrong", FIXED: "right"}
_STATUS = {SILENT: "SILENT: no error, wrong gradients", RAISES: "raises", FIXED: "no error, right gradients"}


def claim_block(row: ClaimRow) -> str:
    """A claim: its verdict, the belief, what was seen for it and against it."""
    lines = [f"{row.name}: {row.verdict.upper()}"]
    lines += _field("belief", row.belief)
    lines += _field("people say", row.said)
    for observation in row.observations:
        lines += _field(EVIDENCE_WORDS[observation.holds], f"{observation.what}  =>  {without_hint(observation.seen)}")
    if row.reason:
        lines += _field("because", row.reason)
    lines += _field("program", row.place)
    return "\n".join(lines) + "\n"


def hazard_block(row: HazardRow) -> str:
    """A hazard: its status, the true gradient and the one obtained, other programs, what to write instead."""
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
        lines += _field("beside", f"{outcome.what}  =>  {outcome_text(outcome, _STATUS_TEXT)}")
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
    """How many claims have which verdict."""
    counts = Counter(row.verdict for row in rows)
    return f"{_count(rows, 'claim')}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())


def hazards_summary(rows: Sequence[HazardRow]) -> str:
    """How many hazards have which status, which changed, and which rewrites are not right."""
    counts = Counter(row.status for row in rows)
    line = f"{_count(rows, 'hazard')}: " + ", ".join(f"{count} {status}" for status, count in counts.most_common())
    changed = [f"{row.name} ({row.last_known} -> {row.status})" for row in rows if row.changed]
    line += f"; changed: {', '.join(changed)}" if changed else "; none changed"
    rewrites = [row.rewrite for row in rows if row.rewrite is not None]
    tried = [rewrite for rewrite in rewrites if rewrite.status != NOT_AVAILABLE]
    right = sum(rewrite.status == FIXED for rewrite in tried)
    return line + f"; {right} of {len(tried)} rewrites right"


def _count(rows: Sequence[Row], noun: str) -> str:
    return f"{len(rows)} {noun}{'' if len(rows) == 1 else 's'}"


def status_table(known: Mapping[tuple[str, str], Mapping[str, Row]]) -> str:
    """A line per name, a column per torch and device; "" if there is nothing to compare."""
    if len(known) < 2:
        return ""
    heads = [f"{release(torch)} {device}" for torch, device in known]
    if len(set(heads)) < len(heads):
        heads = [f"{torch} {device}" for torch, device in known]
    names = list(dict.fromkeys(name for rows in reversed(list(known.values())) for name in rows))
    columns = [[rows[name].word if name in rows else "-" for name in names] for rows in known.values()]
    return "\n".join(_tables(names, heads, columns)) + "\n"


def _tables(names: list[str], heads: list[str], columns: list[list[str]]) -> Iterator[str]:
    """As many columns per table as fit the width."""
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


def safety_block(row: SafetyRow) -> str:
    """All that is known of one pair."""
    lines = [f"{row.name}: {row.outofplace}  |  {row.inplace}", *_wide_field("asked with", row.inputs)]
    for column, question in QUESTIONS.items():
        cell = row.cells[column]
        lines += _wide_field(f"{cell.status}{_error(cell)}", question + (f": {cell.text}" if cell.text else ""))
    for each in row.saved:
        lines += _wide_field("memory", _memory_text(each))
    return "\n".join(lines) + "\n"


def safety_summary(rows: Sequence[SafetyRow]) -> str:
    """How many pairs have which answer to each question; which are silently wrong; what training saves."""
    lines = [f"{len(rows)} pairs, {sum(len(row.cells) for row in rows):,} cells"]
    for column, question in QUESTIONS.items():
        counts = Counter(row.cells[column].status for row in rows)
        lines += _wide_field(column, f"{question}: " + ", ".join(f"{n} {status}" for status, n in counts.most_common()))
    for status in (WRONG, CRASHED, HUNG, NARROWS):
        for column in QUESTIONS:
            names = [row.name for row in rows if row.cells[column].status == status]
            if names:
                lines += _wide_field(status, f"{column}: {first_names(names, _MOST_NAMES)}")
    plain = Counter(each.answer for row in rows for each in row.saved if each.condition == PLAIN)
    lines += _wide_field(
        "memory", "saves memory in training: " + ", ".join(f"{plain[a]} {a}" for a in ANSWERS if plain[a])
    )
    return "\n".join(lines)


def difference_lines(differences: Sequence[Difference]) -> list[str]:
    """What is answered differently elsewhere: a line per question and change."""
    return [f"{d.question}: {d.there} there, {d.here} here: {first_names(d.names, _MOST_NAMES)}" for d in differences]


def _memory_text(each: Saved) -> str:
    where = "" if each.condition == PLAIN else f", {each.condition}"
    if not each.inplace and each.reason:
        return f"{each.answer}{where} ({each.reason})"
    held = f"held {_multiple(each.outofplace_held_bytes, each)} -> {_multiple(each.inplace_held_bytes, each)}"
    peak = f"peak {_multiple(each.outofplace_peak_bytes, each)} -> {_multiple(each.inplace_peak_bytes, each)}"
    saves = f"saves {_kinds(each.outofplace)} -> {_kinds(each.inplace)}"
    return f"{each.answer}{where}; {saves}; {held}, {peak}"


def _multiple(count: int | None, each: Saved) -> str:
    return "?" if count is None or not each.input_bytes else f"{count / each.input_bytes:.3g}N"


def _kinds(kinds: tuple[str, ...]) -> str:
    return " and ".join(kinds) or "nothing"


def _error(cell: SafetyCell) -> str:
    return f" ({cell.error:.2g})" if cell.error and cell.status in (WORKS, WRONG) else ""


def _field(label: str, text: str, width: int = _LABEL) -> list[str]:
    """`text` after its label, wrapped; the label alone if there is no text."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"  {label:{width}}", subsequent_indent=" " * (width + 2), break_on_hyphens=False
    ) or [f"  {label}"]


def _wide_field(label: str, text: str) -> list[str]:
    return _field(label, text, _WIDE_LABEL)
