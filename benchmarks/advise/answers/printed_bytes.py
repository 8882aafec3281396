"""Print where the bytes are at the peak, and the times: a column as given, a column as patched."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.record.plain_text import plain_bytes, plain_time

_MOST = 4  #: the most modules, or ops, that are named where some are summed up

Peak = Mapping[str, Any]


def places_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield per step the lines about its peak: where it lies, then the bytes by purpose, by module and by op.

    Each column adds up to the peak. Nothing is yielded if the answer has no places.
    """
    given = answer.get("places") or ()
    patched = answer.get("places_patched") or [None] * len(given)
    for step, before, after in zip(answer["per_step"], given, patched, strict=False):
        yield ""
        if "why" in before:
            yield f"{step['step']}: where the bytes are cannot be said: {before['why']}"
        else:
            yield from _of_step(step["step"], before, after if after and "rows" in after else None)


def _of_step(name: str, before: Peak, after: Peak | None) -> Iterator[str]:
    yield f"{name}: where the bytes are at its peak, all that make() built included"
    yield f"  the peak lies in {_place(before)}" + (f"; patched, in {_place(after)}" if after else "")
    yield f"  {'as given':>12}{'patched':>13}{'change':>12}" if after else f"  {'as given':>12}"
    yield from _rows({"in all": before["peak_bytes"]}, {"in all": after["peak_bytes"]} if after else None)
    for title, key in (("for", _category), ("made by module", _module), ("made by op", _op)):
        yield f"  {title}"
        yield from _rows(_sums(before, key), _sums(after, key) if after else None)


def _rows(before: Mapping[str, int], after: Mapping[str, int] | None) -> Iterator[str]:
    both = {name: (before.get(name, 0), (after or {}).get(name, 0)) for name in {**before, **(after or {})}}
    ordered = sorted(both.items(), key=lambda each: -max(each[1]))
    for name, (one, other) in _largest(ordered):
        changed = f"{'' if one == other else _signed(other - one):>12}"
        patched = f"{plain_bytes(other):>13}{changed}" if after is not None else ""
        yield f"  {plain_bytes(one):>12}{patched}  {name}"


def _largest(rows: list[tuple[str, tuple[int, int]]]) -> list[tuple[str, tuple[int, int]]]:
    """Return the largest rows, and one row with the sum of the others; all rows if there are only a few."""
    rest = rows[_MOST:]
    if len(rest) < 2 or len(rows) <= 2 * _MOST:
        return rows
    others = sum(each[0] for _, each in rest), sum(each[1] for _, each in rest)
    return [*rows[:_MOST], (f"{len(rest)} others", others)]


def _sums(peak: Peak, key: Callable[[Mapping[str, Any]], str]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in peak["rows"]:
        sums[key(row)] = sums.get(key(row), 0) + row["nbytes"]
    return sums


def _category(row: Mapping[str, Any]) -> str:
    return row["category"]


def _module(row: Mapping[str, Any]) -> str:
    return "outside all modules" if row["module"] is None else row["module"] or "the model itself"


def _op(row: Mapping[str, Any]) -> str:
    return f"{row['op'] or 'not recorded'}{_line(row)}"


def _place(found: Mapping[str, Any]) -> str:
    region = "what make() built" if found["region"] == "input" else found["region"] or "no recorded call"
    op = f", {found['op']}" if found["op"] else ""
    return f"{region}{op}{_line(found)}"


def _line(found: Mapping[str, Any]) -> str:
    return f"  {found['file']}:{found['line']}" if found["file"] else ""


def _signed(change: int) -> str:
    return f"{'+' if change > 0 else '-'}{plain_bytes(abs(change))}"


def times_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield per step a line with the times of both variants and the interval of the speedup.

    A line says why nothing was timed, if so; nothing is yielded if no time was asked for.
    """
    if answer["times_note"] is not None:
        yield f"Not timed: {answer['times_note']}."
    for each in answer["times"] or ():
        given, patched = each["outofplace_s"], each["inplace_s"]
        line = f"{each['step']}: {plain_time(given)} as given, {plain_time(patched)} patched"
        if each["low"] is None:
            yield f"{line}; too few passes for a speedup ({each['passes']} in the time; see --time-limit)"
            continue
        bounds = f"{each['low']:.3g}x to {each['high']:.3g}x in {each['passes']} passes"
        yield f"{line}: {each['speedup']:.3g}x as fast ({bounds}: {each['verdict']})"
