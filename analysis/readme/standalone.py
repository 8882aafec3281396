"""A hazard's program as a script that needs torch alone, to be sent to others: made of the sources, nothing is loaded.

The script is the program's body, after what it uses of this suite's files. It runs on the CPU, its type hints are gone,
and the suite's small functions are replaced by the calls of torch that they stand for.
"""

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

#: What is written instead of a call of these functions of the suite. {0}, {1}: its first arguments, not counting
#: `device`; {2}: the others.
_REPLACED = {
    "leaf_tensor": "torch.tensor({0}, dtype={1}, requires_grad=True)",
    "compile_with": "torch.compile({0}, backend={1})",
    "_run": "torch.compile({0}, backend={1})({2})",
    "gradient_of": "{0}.grad",
}
_MISSING = {"leaf_tensor": "torch.float64"}  #: a second argument that was left out
_DEVICE, _CPU = "device", '"cpu"'
_PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")
_SUITE = "benchmarks"
#: Remarks for the tools that check this suite.
_REMARK = re.compile(r"\s*# (pyright|noqa|type):?.*$", re.MULTILINE)
#: A compiled function that is called at once, in brackets that it no longer needs.
_COMPILED = re.compile(r"\((torch\.compile\(\w+, backend=\"\w+\"\))\)(?=\()")


def standalone(root: Path, file: str, function: str) -> str:
    """The script of a function of `file`, a path from the checkout's root. LookupError where it is not there."""
    parts = _Parts(root)
    body = parts.script_of(file, function)
    imports = sorted({"import torch", *parts.imports}, key=lambda line: (line.startswith("from"), line))
    text = "\n\n".join(["\n".join(imports), *parts.definitions, body])
    return _COMPILED.sub(r"\1", _REMARK.sub("", text)).strip() + "\n"


def source_of(root: Path, file: str, function: str) -> str:
    """The source of a function of `file`, without its decorators. LookupError where it is not there."""
    module = _module(root / file)
    node = module.defined.get(function)
    if not isinstance(node, ast.FunctionDef):
        raise LookupError(f"{file}: has no function {function}")
    start, end = module.span(node)
    return module.source[start:end].decode()


@dataclass
class _Parts:
    """What a script is made of so far, each part before those that use it."""

    root: Path
    imports: set[str] = field(default_factory=set)
    definitions: list[str] = field(default_factory=list)
    _begun: set[tuple[str, str]] = field(default_factory=set)

    def script_of(self, file: str, function: str) -> str:
        """The body of a function; its last line prints what it returned."""
        module = _module(self.root / file)
        node = module.defined.get(function)
        if not isinstance(node, ast.FunctionDef):
            raise LookupError(f"{file}: has no function {function}")
        self._take_used(module, node)
        last = node.body[-1]
        while isinstance(last, ast.With):
            last = last.body[-1]
        if not isinstance(last, ast.Return) or last.value is None:
            raise LookupError(f"{file}: {function} does not end with what it returns")
        text = _Text(module, _constants(node))
        settings = [f"{name} = {text.of(value)}" for name, value in _settings(node)]
        return "\n".join([*settings, text.printing(node, last)])

    def _take_used(self, module: "_Module", node: ast.AST) -> None:
        for name in _names_used(node):
            if name in module.defined:
                self._take(module, name)
            elif name in module.imported:
                self._take_imported(*module.imported[name])

    def _take_imported(self, statement: str, origin: str, name: str) -> None:
        if origin.split(".")[0] != _SUITE:
            self.imports.add(statement)
            return
        path = self.root / Path(*origin.split(".")).with_suffix(".py")
        self._take(_module(path), name)

    def _take(self, module: "_Module", name: str) -> None:
        if (str(module.path), name) in self._begun or name in _REPLACED:
            return
        self._begun.add((str(module.path), name))
        node = module.defined[name]
        self._take_used(module, node)
        self.definitions.append(_Text(module, {_DEVICE: _CPU}).definition(node))


@dataclass(frozen=True)
class _Module:
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
def _module(path: Path) -> _Module:
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
    return _Module(path, source, defined, imported)


def _names_used(node: ast.AST) -> Iterator[str]:
    """The names that a node reads, in order, without those of its type hints."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.Name):
                yield child.id
            elif isinstance(child, ast.AST):
                yield from _names_used(child)


def _constants(node: ast.FunctionDef) -> dict[str, str]:
    """What a script writes instead of a parameter: the device, and defaults that are constants."""
    defaults = zip(reversed(node.args.args), reversed(node.args.defaults), strict=False)
    texts = {each.arg: ast.unparse(value) for each, value in defaults if isinstance(value, ast.Constant)}
    return {name: text.replace("'", '"') for name, text in texts.items()} | {_DEVICE: _CPU}


def _settings(node: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """The other parameters with a default, which a script sets first."""
    for each, value in zip(reversed(node.args.args), reversed(node.args.defaults), strict=False):
        if not isinstance(value, ast.Constant):
            yield each.arg, value


class _Text:
    """A module's text, node by node, as a script has it: nodes that a script writes otherwise are changed in it."""

    def __init__(self, module: _Module, constants: dict[str, str]) -> None:
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
        if not all(isinstance(each, ast.Call) and ast.unparse(each.func) in _REPLACED for each in values.elts):
            return None
        pairs = zip(names.elts, values.elts, strict=True)
        return f"\n{' ' * node.col_offset}".join(f"{self.of(name)} = {self.of(value)}" for name, value in pairs)

    def _call(self, node: ast.Call) -> str | None:
        """A call without `device`; of a function of the suite, what it stands for."""
        of_suite = isinstance(node.func, ast.Name)
        left = [each for each in node.args if not (of_suite and _is_device(each))]
        keywords = [each for each in node.keywords if not _is_device(each.value)]
        given = [self.of(each) for each in left]
        if isinstance(node.func, ast.Name) and node.func.id in _REPLACED:
            first = [*given, _MISSING.get(node.func.id, "")][:2]
            return _REPLACED[node.func.id].format(*first, ", ".join(given[2:]))
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
            if each.arg != _DEVICE
        ]
        texts += [f"{stars}{each.arg}" for stars, each in (("*", node.args.vararg), ("**", node.args.kwarg)) if each]
        return (start, end), f"def {node.name}({', '.join(texts)}):\n"


def _is_device(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == _DEVICE
