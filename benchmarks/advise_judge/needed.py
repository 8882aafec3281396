"""Leaves out of a program the lines whose values nothing needs. A value that only such lines read is not needed."""

import re
from collections.abc import Iterator, Sequence

from benchmarks.advise_judge.switchable import SourceLine, write_expression

_ASSIGNED = re.compile(r"((?:\w+(?:, \w+)* = )+)")
_WITHIN = re.compile(r"\((\w+) :=")
_WRITTEN = re.compile(r"(\w+)(?: [+*]= |\.mul_\(0\.5\)$)")
_NAME = re.compile(r"\b[a-z]\w*\b")


def needed_lines(lines: Sequence[SourceLine], indent: int, needed: str) -> list[SourceLine]:
    """Return the lines of a body without those that only make names which nothing needs.

    `needed`: the name of the body's result. A statement is kept or left out together with its indented lines. A line
    that does more than give names is kept.
    """
    names, kept = {needed}, []
    for block in reversed(list(_blocks(lines, indent))):
        texts = [_text(line) for line in block]
        made = {name for text in texts for name in _names_made(text)}
        is_pure = all(_is_pure(text) for text in texts)
        if is_pure and not made & names:
            continue
        if is_pure and len(block) == 1 and not _WRITTEN.match(texts[0]):
            names -= made  # the lines after this one do not need what these names were before it
        names |= {name for text in texts for name in _NAME.findall(_right_side(text)) if not text.startswith("del ")}
        kept.append(block)
    return list(_without_deleted(line for block in reversed(kept) for line in block))


def _blocks(lines: Sequence[SourceLine], indent: int) -> Iterator[list[SourceLine]]:
    block: list[SourceLine] = []
    for line in lines:
        if block and line.indent == indent and line.before != "else:":
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _text(line: SourceLine) -> str:
    return line.before + ("" if line.expression is None else write_expression(line.expression, {})[0]) + line.after


def _names_made(text: str) -> set[str]:
    found = set(_WITHIN.findall(text))
    if assigned := _ASSIGNED.match(text):
        found |= set(re.findall(r"\w+", assigned[1]))
    if written := _WRITTEN.match(text):
        found.add(written[1])
    return found


def _is_pure(text: str) -> bool:
    is_header = text.endswith(":") and not text.startswith("with ")
    return is_header or bool(_ASSIGNED.match(text) or _WRITTEN.match(text))


def _right_side(text: str) -> str:
    assigned = _ASSIGNED.match(text)
    return text[assigned.end() :] if assigned else text


def _without_deleted(lines: Iterator[SourceLine]) -> Iterator[SourceLine]:
    """Yield the lines without a `del` of a name that no line makes any more."""
    made: set[str] = set()
    for line in lines:
        text = _text(line)
        if text.startswith("del ") and text[4:] not in made:
            continue
        made |= _names_made(text)
        yield line
