"""Source text with places that can be switched: expressions, lines and whole programs, and their text for any switches.

A generator makes a program of these, so it knows the sites without any tracing. `text` writes the source with some of
the sites in place; nothing else in the text changes.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Site number -> the operand that is written, counted from 0.
Switches = Mapping[int, int]

#: Added to an operand's number: the op stays out of place, on a copy, and then its operand becomes NaN (see `poison`).
POISONED = 10

_OPERAND = re.compile(r"\{(\d)\}")


@dataclass(frozen=True)
class Fixed:
    """Source that is never switched: a name, a constant, a call."""

    text: str


@dataclass(frozen=True)
class OpChoice:
    """An op in its two variants. `{0}` and `{1}` are the operands; `inplace` has a template or None per operand."""

    outofplace: str
    inplace: tuple[str | None, ...]
    operand_numbers: tuple[int, ...] = (1, 2)  #: the number of each operand in the call, counted from 1
    module: str = ""  #: for a module's flag: the attribute that holds the module
    is_by_result: bool = False  #: in-place, its gradient comes from the result: the advisor's rules exclude it

    @property
    def is_operator(self) -> bool:
        """Whether the text is no call, so that it needs parentheses before a method."""
        return not self.outofplace.endswith(")")


@dataclass(frozen=True)
class SourceSite:
    """One occurrence of a choice in a program."""

    number: int
    choice: OpChoice
    operands: tuple["Expression", ...]
    excluded: tuple[bool, ...]  #: per operand, whether the advisor's rules forbid to write it

    @property
    def switches(self) -> list[tuple[int, int]]:
        """Every switch of this site, as (site number, operand)."""
        return [(self.number, i) for i, template in enumerate(self.choice.inplace) if template is not None]

    def name_of(self, operand: int) -> str:
        """Return the name of an operand in later lines; "" for a temporary."""
        node = self.operands[operand] if operand < len(self.operands) else None
        return node.text if isinstance(node, Fixed) and node.text.isidentifier() else ""

    def is_named_within(self, operand: int) -> bool:
        """Return whether the expression itself gives an operand a name, by which later lines may read it."""
        node = self.operands[operand] if operand < len(self.operands) else None
        return isinstance(node, SourceSite) and ":=" in node.choice.outofplace

    def is_evaluated_late(self, operand: int) -> bool:
        """Return whether the switch evaluates a call after this operand that was evaluated before it."""
        return operand > 0 and any(isinstance(node, SourceSite) or "(" in node.text for node in self.operands[:operand])


Expression = Fixed | SourceSite
Span = tuple[int, int, int]  #: site number, first column, column after the last


def write_expression(node: Expression, switches: Switches, column: int = 0) -> tuple[str, list[Span]]:
    """Return the text of an expression with these switches, and the places of its sites if it begins at `column`."""
    if isinstance(node, Fixed):
        return node.text, []
    template = _template(node, switches.get(node.number))
    text, spans, end = "", [], 0
    for found in _OPERAND.finditer(template):
        text += template[end : found.start()]
        end = found.end()
        bare = text.endswith(("(", ", ")) and template[end : end + 1] in ("", ")", ",")
        child = node.operands[int(found[1])]
        bracket = "" if bare or not _binds_less(child, switches) else "("
        inner, inside = write_expression(child, switches, column + len(text) + len(bracket))
        text += bracket + inner + (")" if bracket else "")
        spans += inside
    text += template[end:]
    return text, [*spans, (node.number, column, column + len(text))]


def _template(node: SourceSite, operand: int | None) -> str:
    if operand is None:
        return node.choice.outofplace
    if operand >= POISONED:
        return _poisoned(node, operand - POISONED)
    template = node.choice.inplace[operand]
    assert template is not None, f"site {node.number} has no in-place variant of operand {operand}"
    return template


def _poisoned(node: SourceSite, operand: int) -> str:
    """Return the poisoned text of a site. It calls functions that must be globals where it runs: see `poison`."""
    if node.choice.module:
        return f"poisoned_module({node.choice.outofplace})"
    named = node.operands[operand]
    assert isinstance(named, Fixed), "a temporary has no name that a later line could read"
    return f"poisoned({named.text}, lambda {named.text}: {node.choice.outofplace})"


def _binds_less(node: Expression, switches: Switches) -> bool:
    if isinstance(node, Fixed):
        return " @ " in node.text
    return node.choice.is_operator and node.number not in switches


def sites_of(node: Expression | None) -> Iterable[SourceSite]:
    """Yield a site and all sites within it. An expression that cannot be switched is no site."""
    if isinstance(node, SourceSite):
        for operand in node.operands:
            yield from sites_of(operand)
        if any(node.choice.inplace):
            yield node


@dataclass(frozen=True)
class SourceLine:
    """A line of source: `before`, then the expression if there is one, then `after`."""

    before: str
    expression: Expression | None = None
    after: str = ""
    indent: int = 0


@dataclass(frozen=True)
class SitePlace:
    """The place of a site in the program as generated. Lines count from 1, columns from 0."""

    line: int
    column: int
    end_column: int
    module: str  #: for a module's flag: the attribute that holds the module


@dataclass(frozen=True)
class GeneratedProgram:
    """A generated step file."""

    seed: int
    lines: tuple[SourceLine, ...]
    is_training: bool

    def text(self, switches: Switches) -> str:
        """Return the source with these sites in place, and all others as generated."""
        return "".join(self._written(line, switches)[0] + "\n" for line in self.lines)

    def sites(self) -> dict[int, SourceSite]:
        """Return all sites by number."""
        return {site.number: site for line in self.lines for site in sites_of(line.expression)}

    def places(self) -> dict[int, SitePlace]:
        """Return the place of each site, by number."""
        sites, places = self.sites(), {}
        for at, line in enumerate(self.lines, 1):
            for number, column, end_column in self._written(line, {})[1]:
                if number not in sites:
                    continue
                places[number] = SitePlace(at, column, end_column, sites[number].choice.module)
        return places

    @staticmethod
    def _written(line: SourceLine, switches: Switches) -> tuple[str, list[Span]]:
        before = " " * 4 * line.indent + line.before
        if line.expression is None:
            return before + line.after, []
        text, spans = write_expression(line.expression, switches, len(before))
        return before + text + line.after, spans
