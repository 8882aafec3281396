"""A module of the suite as source text: what it defines, and its nodes as a script has them that needs torch alone."""

import ast
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

#: What is written instead of a call of these functions of the suite. {0}, {1}: its first arguments, not counting
#: `device`; {2}: the others.
REPLACED = {
    "leaf_tensor": "torch.tensor({0}, dtype={1}, requires_grad=True)",
    "compile_with": "torch.compile({0}, backend={1})",
    "_run": "torch.compile({0}, backend={1})({2})",
    "gradient_of": "{0}.grad",
}
_MISSING = {"leaf_tensor": "torch.float64"}  #: a second argument that was left out
DEVICE, CPU = "device", '"cpu"'
_PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")


@dataclass(frozen=True)
class SourceModule:
    """A parsed file: its statements by the name that they define, and what it imports, by the name used here."""

    path: Path
    source: bytes
    defined: dict[str, ast.stmt]
    imported: dict[str, tuple[str, str, str]]  #: the statement, the module, the name in it

    def span(self, node: ast.AST) -> tuple[int, int]:
        """The bytes of a node, from and to."""
        at = [0, *itertools.accumulate(map(len, self.source.splitlines(keepends=True)))]
        line, column, end_line, end_column = (getattr(node, name) for name in _PLACE)
        return at[line - 1] + column, at[end_line - 1] + end_column


@cache
def source_module(path: Path) -> SourceModule:
    source = path.read_bytes()
    defined: dict[str, ast.stmt] = {}
    imported: dict[str, tuple[str, str, str]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined[node.name] = node
        elif isinstance(node, ast.Assign):
            defined |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            origin = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                one = ast.ImportFrom(origin, [alias], 0) if origin else ast.Import([alias])
                imported[alias.asname or alias.name] = (ast.unparse(one), origin or alias.name, alias.name)
    return SourceModule(path, source, defined, imported)


class ScriptText:
    """A module's text, node by node, as a script has it: nodes that a script writes otherwise are changed in it."""

    def __init__(self, module: SourceModule, constants: dict[str, str]) -> None:
        self._module = module
        self._constants = constants

    def of(self, node: ast.AST) -> str:
        """The text of a node."""
        changed = self._changed(node)
        if changed is not None:
            return changed
        return self._text(*self._module.span(node), ast.iter_child_nodes(node))

    def definition(self, node: ast.stmt) -> str:
        """A statement at the top of a file, with its decorators and the comment that ends its last line."""
        start, end = self._module.span(node)
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            start = self._module.span(node.decorator_list[0])[0] - 1  # its @
        return self._text(start, end, [node]) + self._rest_of_line(end)

    def printing(self, function: ast.FunctionDef, last: ast.Return) -> str:
        """A function's body at the left margin, comments included; it prints what the function returns."""
        assert last.value is not None
        results = last.value.elts if isinstance(last.value, ast.Tuple) else [last.value]
        begin, end = self._module.span(last)
        margin = function.body[0].col_offset
        body = self._text(self._module.span(function.body[0])[0] - margin, begin, function.body)
        text = f"{body}print({', '.join(map(self.of, results))}){self._rest_of_line(end)}"
        return "\n".join(line.removeprefix(" " * margin) for line in text.splitlines())

    def _rest_of_line(self, start: int) -> str:
        return self._module.source[start:].split(b"\n", 1)[0].decode()

    def _text(self, start: int, end: int, nodes: Iterable[ast.AST]) -> str:
        """The text from one byte to another; `nodes`: all that lie in it."""
        made, at = [], start
        for (begin, stop), text in sorted(self._changes(nodes)):
            if stop > end:
                break
            made += [self._module.source[at:begin].decode(), text]
            at = stop
        return "".join([*made, self._module.source[at:end].decode()])

    def _changes(self, nodes: Iterable[ast.AST]) -> Iterator[tuple[tuple[int, int], str]]:
        for node in nodes:
            changed = self._changed(node)
            if isinstance(node, ast.FunctionDef):
                yield self._head(node)
                yield from self._changes(node.body)
            elif changed is not None:
                yield self._module.span(node), changed
            else:
                yield from self._changes(ast.iter_child_nodes(node))

    def _changed(self, node: ast.AST) -> str | None:
        """What a script has instead of a node; None where it has the same, apart from the nodes within."""
        if isinstance(node, ast.Name):
            return self._constants.get(node.id)
        if isinstance(node, ast.IfExp) and isinstance(node.test, ast.Name) and node.test.id == "backend":
            return self.of(node.body)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Assign):
            return self._tensors(node)
        return None

    def _tensors(self, node: ast.Assign) -> str | None:
        """A line for each tensor, of one that makes several: made by torch's own call, they take more room."""
        (names, values) = node.targets[0], node.value
        if not isinstance(names, ast.Tuple) or not isinstance(values, ast.Tuple):
            return None
        if not all(isinstance(each, ast.Call) and ast.unparse(each.func) in REPLACED for each in values.elts):
            return None
        pairs = zip(names.elts, values.elts, strict=True)
        return f"\n{' ' * node.col_offset}".join(f"{self.of(name)} = {self.of(value)}" for name, value in pairs)

    def _call(self, node: ast.Call) -> str | None:
        """A call without `device`; for a function of the suite, the calls that replace it."""
        of_suite = isinstance(node.func, ast.Name)
        left = [each for each in node.args if not (of_suite and _is_device(each))]
        keywords = [each for each in node.keywords if not _is_device(each.value)]
        given = [self.of(each) for each in left]
        if isinstance(node.func, ast.Name) and node.func.id in REPLACED:
            first = [*given, _MISSING.get(node.func.id, "")][:2]
            return REPLACED[node.func.id].format(*first, ", ".join(given[2:]))
        if len(left) + len(keywords) == len(node.args) + len(node.keywords):
            return None
        given += [f"{each.arg}={self.of(each.value)}" if each.arg else f"**{self.of(each.value)}" for each in keywords]
        return f"{self.of(node.func)}({', '.join(given)})"

    def _head(self, node: ast.FunctionDef) -> tuple[tuple[int, int], str]:
        """A function's first lines, up to its body, without type hints and `device`."""
        start, first = self._module.span(node)[0], node.body[0]
        end = self._module.span(first)[0] - first.col_offset
        given = [None] * (len(node.args.args) - len(node.args.defaults)) + [*node.args.defaults]
        texts = [
            f"{each.arg}={self.of(value)}" if value else each.arg
            for each, value in zip(node.args.args, given, strict=True)
            if each.arg != DEVICE
        ]
        texts += [f"{stars}{each.arg}" for stars, each in (("*", node.args.vararg), ("**", node.args.kwarg)) if each]
        return (start, end), f"def {node.name}({', '.join(texts)}):\n"


def _is_device(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == DEVICE
