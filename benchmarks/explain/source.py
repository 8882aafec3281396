"""The source text at a site: its line, and the expression or statement there."""

import ast
import functools
import linecache
from collections.abc import Iterator

from benchmarks.source_text import SourceText
from benchmarks.tracking.site import Site


def line_at(site: Site) -> str:
    """Return the first line of a site, without its indent; "" if the file cannot be read."""
    return linecache.getline(site.file, site.line).strip()


def source_of_file(file: str) -> SourceText | None:
    """Return the source of a file; None if it cannot be read, or is no Python."""
    text = "".join(linecache.getlines(file))
    return _parsed(file, text) if text else None


@functools.lru_cache(maxsize=64)
def _parsed(file: str, text: str) -> SourceText | None:
    try:
        return SourceText(file, text.encode())
    except (SyntaxError, ValueError):
        return None


def expression_at(site: Site) -> ast.expr | ast.stmt | None:
    """Return the smallest node of the tree that covers a site; None if there is none.

    Python 3.10 gives no columns: there it is the smallest statement.
    """
    nodes = list(_covering(site))[::-1]  # so that of two nodes of one size the inner one is taken
    return min(nodes, key=_size) if nodes else None


def statement_at(site: Site) -> ast.stmt | None:
    """Return the smallest statement that covers a site; None if there is none."""
    statements = [node for node in _covering(site) if isinstance(node, ast.stmt)]
    return min(statements, key=_size) if statements else None


def _covering(site: Site) -> Iterator[ast.expr | ast.stmt]:
    source = source_of_file(site.file)
    if source is None:
        return
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.expr | ast.stmt):
            continue
        first, last = _ends(node)
        if site.column is None:
            covers = isinstance(node, ast.stmt) and first[0] <= site.line <= last[0]
        else:
            end = (site.end_line or site.line, site.end_column or 0)
            covers = first <= (site.line, site.column) and last >= end
        if covers:
            yield node


def _ends(node: ast.expr | ast.stmt) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return line and column where a node begins and ends; lines count from 1, columns from 0 in bytes of UTF-8."""
    return (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0)


def _size(node: ast.expr | ast.stmt) -> tuple[int, int]:
    first, last = _ends(node)
    return last[0] - first[0], last[1] - first[1]
