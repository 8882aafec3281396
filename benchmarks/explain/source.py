"""The source text at a site: its line, and the expression or statement that stands there."""

import ast
import functools
import linecache
from collections.abc import Iterator

from benchmarks.tracking.site import Site


def line_at(site: Site) -> str:
    """The first line of a site, without its indent; "" where the file cannot be read."""
    return linecache.getline(site.file, site.line).strip()


def text_of(file: str) -> str:
    return "".join(linecache.getlines(file))


@functools.lru_cache(maxsize=64)
def parsed(text: str) -> ast.Module | None:
    """The tree of a file's text; None where it is no Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def expression_at(site: Site) -> ast.AST | None:
    """The smallest part of the tree that covers a site. Python 3.10 tells no columns: there the statement."""
    nodes = list(_covering(site))[::-1]  # of those of one size, the innermost
    return min(nodes, key=_size) if nodes else None


def statement_at(site: Site) -> ast.stmt | None:
    """The smallest statement that covers a site."""
    statements = [node for node in _covering(site) if isinstance(node, ast.stmt)]
    return min(statements, key=_size) if statements else None


def _covering(site: Site) -> Iterator[ast.AST]:
    tree = parsed(text_of(site.file))
    if tree is None:
        return
    start = (site.line, site.column if site.column is not None else 0)
    end = (site.end_line or site.line, site.end_column if site.end_column is not None else 10**6)
    by_line = site.column is None
    for node in ast.walk(tree):
        first = getattr(node, "lineno", None)
        if first is None:
            continue
        if by_line:
            if isinstance(node, ast.stmt) and first <= site.line <= (node.end_lineno or first):
                yield node
        elif (first, node.col_offset) <= start and (node.end_lineno, node.end_col_offset) >= end:
            yield node


def _size(node: ast.AST) -> tuple[int, int]:
    return (node.end_lineno - node.lineno, node.end_col_offset - node.col_offset)
