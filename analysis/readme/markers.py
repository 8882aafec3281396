"""A README file's text with new numbers between its markers.

A marker is a comment that holds an expression; the text after it, up to `<!-- / -->`, is replaced:

    In-place `add` is <!-- speedup add step 1Mi >1 -->1.34x<!-- / --> as fast.

An expression is a name and its words. A last word such as `>1` or `<1` is a condition that the sentence around it
needs: where the number no longer meets it, the sentence is wrong, and nothing is written. A marker that ends its line
holds a table or a paragraph, with an empty line before and after it.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_MARKED = re.compile(r"<!-- (?P<expression>[a-z][^\n]*?) -->(?P<text>.*?)<!-- / -->", re.DOTALL)
_OPEN = re.compile(r"<!-- (?!/ )(?P<expression>[a-z][^\n]*?) -->")
_CLOSE = "<!-- / -->"
_CONDITION = re.compile(r"(?P<sign>[<>])(?P<bound>\d+(\.\d+)?)")
_SIGNS = {"<": operator.lt, ">": operator.gt}


class MarkerError(ValueError):
    """A marker cannot be filled, or a number no longer fits its sentence. One line names both."""


@dataclass(frozen=True)
class Filling:
    """The text between a marker and its end, and the number for its condition."""

    text: str
    number: float | None = None


#: By an expression's name: the function that fills it from the other words.
Fillings = Mapping[str, Callable[[list[str]], Filling]]


def fill_markers(text: str, fillings: Fillings) -> str:
    """`text` with its markers filled. MarkerError where one cannot be."""
    if len(_OPEN.findall(text)) != text.count(_CLOSE) or len(_MARKED.findall(text)) != text.count(_CLOSE):
        raise MarkerError(f"a marker without its end ({_CLOSE}), or an end without a marker")
    return _MARKED.sub(lambda found: _fill_marker(found, fillings), text)


def without_markers(text: str) -> str:
    """`text` without its markers and the text between them: the part that people write."""
    return _MARKED.sub("", text)


def _fill_marker(found: re.Match[str], fillings: Fillings) -> str:
    expression = found["expression"]
    filling = filling_of(expression, fillings)
    if found["text"].startswith("\n"):
        return f"<!-- {expression} -->\n\n{filling.text.strip()}\n\n{_CLOSE}"
    if "\n" in filling.text:
        raise MarkerError(f"{expression}: more than a line; let the marker end its line")
    return f"<!-- {expression} -->{filling.text}{_CLOSE}"


def filling_of(expression: str, fillings: Fillings) -> Filling:
    """The filling of an expression. MarkerError where it is unknown, or its condition does not hold."""
    name, *words = expression.split()
    condition = _CONDITION.fullmatch(words[-1]) if words else None
    if name not in fillings:
        raise MarkerError(f"{expression}: unknown, choose from {', '.join(sorted(fillings))}")
    try:
        filling = fillings[name](words[:-1] if condition else words)
    except (LookupError, TypeError, ValueError) as error:
        raise MarkerError(f"{expression}: {error or type(error).__name__}") from error
    if condition and not (
        filling.number is not None and _SIGNS[condition["sign"]](filling.number, float(condition["bound"]))
    ):
        raise MarkerError(f"{expression}: is {filling.text}, so the sentence around it is wrong")
    return filling
