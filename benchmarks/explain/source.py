"""The source text at a site: its line, and the expression or statement there."""

import ast
import functools
import linecache
from collections.abc import Iterator

from benchmarks.explain.edits import ends_of
from benchmarks.tracking.site import Site


def line_at(site: Site) -> str:
    """Return the first line of a site, without its indent; "" if the file cannot be read."""
    return linecache.getline(site.file, site.line).strip()


def source_text(file: str) -> str:
    """Return the text of a file; "" if it cannot be read."""
    return "".join(linecache.getlines(file))


@functools.lru_cache(maxsize=64)
def parsed(text: str) -> ast.Module | None:
    """Return the syntax tree of a file's text; None if it is no Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def expression_at(site: Site) -> ast.AST | None:
    """Return the smallest node of the tree that covers a site; None if there is none.

    Python 3.10 gives no columns: there it is the smallest statement.
    """
    nodes = list(_covering(site))[::-1]  # so that of two nodes of one size the inner one is taken
    return min(nodes, key=_size) if nodes else None


def statement_at(site: Site) -> ast.stmt | None:
    """Return the smallest statement that covers a site; None if there is none."""
    statements = [node for node in _covering(site) if isinstance(node, ast.stmt)]
    return min(statements, key=_size) if statements else None


def _covering(site: Site) -> Iterator[ast.AST]:
    tree = parsed(source_text(site.file))
    if tree is None:
        return
    for node in ast.walk(tree):
        if not hasattr(node, "lineno"):
            continue
        first, last = ends_of(node)
        if site.column is None:
            covers = isinstance(node, ast.stmt) and first[0] <= site.line <= last[0]
        else:
            end = (site.end_line or site.line, site.end_column or 0)
            covers = first <= (site.line, site.column) and last >= end
        if covers:
            yield node


def _size(node: ast.AST) -> tuple[int, int]:
    first, last = ends_of(node)
    return last[0] - first[0], last[1] - first[1]
