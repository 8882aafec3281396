"""A hazard's program as a script that needs torch alone, to be sent to others: made of the sources, nothing is loaded.

The script is the program's body, after what it uses of this suite's files. It runs on the CPU, its type hints are gone,
and the suite's small functions are replaced by the calls of torch that they make.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from analysis.readme.script_text import CPU, DEVICE, REPLACED, ScriptText, SourceModule, source_module

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
    module = source_module(root / file)
    node = module.defined.get(function)
    if not isinstance(node, ast.FunctionDef):
        raise LookupError(f"{file}: has no function {function}")
    start, end = module.span(node)
    return module.source[start:end].decode()


@dataclass
class _Parts:
    """What a script is made of so far, each part before the parts that use it."""

    root: Path
    imports: set[str] = field(default_factory=set)
    definitions: list[str] = field(default_factory=list)
    _begun: set[tuple[str, str]] = field(default_factory=set)

    def script_of(self, file: str, function: str) -> str:
        """The body of a function; its last line prints what it returned."""
        module = source_module(self.root / file)
        node = module.defined.get(function)
        if not isinstance(node, ast.FunctionDef):
            raise LookupError(f"{file}: has no function {function}")
        self._take_used(module, node)
        last = node.body[-1]
        while isinstance(last, ast.With):
            last = last.body[-1]
        if not isinstance(last, ast.Return) or last.value is None:
            raise LookupError(f"{file}: {function} does not end with what it returns")
        text = ScriptText(module, _constants(node))
        settings = [f"{name} = {text.of(value)}" for name, value in _settings(node)]
        return "\n".join([*settings, text.printing(node, last)])

    def _take_used(self, module: SourceModule, node: ast.AST) -> None:
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
        self._take(source_module(path), name)

    def _take(self, module: SourceModule, name: str) -> None:
        if (str(module.path), name) in self._begun or name in REPLACED:
            return
        self._begun.add((str(module.path), name))
        node = module.defined[name]
        self._take_used(module, node)
        self.definitions.append(ScriptText(module, {DEVICE: CPU}).definition(node))


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
    return {name: text.replace("'", '"') for name, text in texts.items()} | {DEVICE: CPU}


def _settings(node: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """The other parameters with a default, which a script sets first."""
    for each, value in zip(reversed(node.args.args), reversed(node.args.defaults), strict=False):
        if not isinstance(value, ast.Constant):
            yield each.arg, value
