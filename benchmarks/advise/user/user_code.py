"""Load the user's steps into this process, from their files, folder and packages, with the patch if there is one."""

import functools
import importlib.abc
import importlib.util
import inspect
import os
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import torch

from benchmarks.advise.user.forked import users_place
from benchmarks.advise.user.question import Question
from benchmarks.advise.user.whose_file import is_own, path_as_shown, users_folder
from benchmarks.record.reason import typed_line

Step = Callable[[], Any]


class BadStep(ValueError):
    """A step cannot be loaded, built or executed; the message is one line."""


class _PatchedFinder(importlib.abc.MetaPathFinder):
    """Finds modules as Python does, but lets a `_PatchedLoader` read the files that a patch changes."""

    def __init__(self, patched: Mapping[str, str]) -> None:
        self._patched = patched

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None and os.path.realpath(spec.origin) in self._patched:
            spec.loader = _PatchedLoader(name, spec.origin, self._patched)
            return spec
        return None


class _PatchedLoader(SourceFileLoader):
    """Compiles the changed text of a file under the file's own name, without cached bytecode."""

    def __init__(self, name: str, path: str, patched: Mapping[str, str]) -> None:
        super().__init__(name, path)
        self._text = patched.get(os.path.realpath(path))

    def get_code(self, fullname: str) -> Any:
        if self._text is None:
            return super().get_code(fullname)
        return self.source_to_code(Path(self._text).read_bytes(), self.path)


def load_steps(question: Question) -> list[Step]:
    """Return the steps of a question, each built from the same seed; BadStep if one cannot be loaded or built."""
    makers = step_makers(question)
    if question.device != "cpu":
        torch.cuda.set_device(question.device)  # what `cuda` means; the files may have said which GPUs are seen
    return [make() for make in makers]


def step_makers(question: Question) -> list[Callable[[], Step]]:
    """Return per step a function that builds it anew from the same seed.

    BadStep if a file cannot be imported, or lacks what is asked for. The functions raise it if a step cannot be built.
    """
    patched = {os.path.realpath(file): text for file, text in question.patched}
    sys.meta_path.insert(0, _PatchedFinder(patched))
    sys.path.insert(0, str(users_folder()))
    makers = [_maker(name, patched) for name in question.steps]
    if question.model:
        made = _maker(question.model, patched)
        shapes = [_shape(text) for text in question.inputs]
        makers = [lambda: _training(made, shapes, question.device), lambda: _inference(made, shapes, question.device)]
    return [functools.partial(_build_step, name, make) for name, make in zip(question.names, makers, strict=True)]


def _maker(name: str, patched: Mapping[str, str]) -> Callable[..., Any]:
    file, separator, attribute = name.rpartition(":")
    if not separator or not file.endswith(".py") or not attribute.isidentifier():
        raise BadStep(f"{name}: must look like train.py:make")
    module = _module(Path(file), patched)
    found = getattr(module, attribute, None)
    if found is None:
        raise BadStep(f"{name}: {file} has no {attribute}")
    if not callable(found):
        raise BadStep(f"{name}: {attribute} is no callable, but {type(found).__name__}")
    return found


def _module(path: Path, patched: Mapping[str, str]) -> ModuleType:
    """Import a file as a module of its own name, with its folder first on the path; only once for several steps."""
    path = (users_folder() / path).resolve()
    if not path.is_file():
        raise BadStep(f"{path}: no such file")
    known = sys.modules.get(path.stem)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    name = path.stem if known is None else f"{path.stem}_step"
    loader = _PatchedLoader(name, str(path), patched)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    seed()
    try:
        loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a user's file raises is reported
        raise BadStep(f"{path}: cannot be imported: {_with_place(error)}") from error
    return module


def _build_step(name: str, make: Callable[..., Any]) -> Step:
    seed()
    try:
        step = make()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise BadStep(f"{name}: raises: {_with_place(error)}") from error
    if not callable(step):
        raise BadStep(f"{name}: returns no step, a callable without arguments, but {type(step).__name__}")
    if any(executes_nothing(each) for each in (step, type(step).__call__)):
        raise BadStep(f"{name}: its step has `yield` or `async`: a call executes nothing of it")
    return step


def executes_nothing(found: object) -> bool:
    """Whether a function, or what a call returned, is a generator or a coroutine: code that has not been executed."""
    of_functions = inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction
    of_results = inspect.isgenerator, inspect.iscoroutine, inspect.isasyncgen
    return any(is_lazy(found) for is_lazy in (*of_functions, *of_results))


def _with_place(error: BaseException) -> str:
    place = users_place(error)
    return typed_line(error) + (f" ({path_as_shown(place[0])}:{place[1]})" if place else "")


def seed() -> None:
    """Set the random generators of torch, Python, and numpy if it is loaded, to the same seed."""
    torch.manual_seed(0)
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)


def _shape(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d+([x,]\d+)*", text):
        raise BadStep(f"{text}: no shape; write 4x3x224x224")
    return tuple(map(int, re.split("[x,]", text)))


def _training(model: Callable[..., Any], shapes: Sequence[tuple[int, ...]], device: str) -> Step:
    """Return a step of a new model: forward and backward in training mode, on random inputs and upstream gradients."""
    net = model().to(device)
    net.train()
    inputs = [torch.randn(shape, device=device) for shape in shapes]
    upstream: list[torch.Tensor] = []

    def step() -> Any:
        net.zero_grad()
        out = net(*inputs)
        results = [each for each in _tensors(out) if each.requires_grad]
        if not upstream:
            upstream.extend(torch.randn_like(each) for each in results)
        torch.autograd.backward(results, list(upstream))
        return [each.detach() for each in results]

    return step


def _inference(model: Callable[..., Any], shapes: Sequence[tuple[int, ...]], device: str) -> Step:
    """Return a step of a new model: a call in evaluation mode, on random inputs, with no graph recorded."""
    net = model().to(device)
    net.eval()
    inputs = [torch.randn(shape, device=device) for shape in shapes]

    def step() -> Any:
        with torch.no_grad():
            return net(*inputs)

    return step


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    held = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [found for each in held for found in _tensors(each)]


def plain_roots(steps: Sequence[Step]) -> dict[str, Any]:
    """Return by name the values in the globals of the user's modules, and in the steps' attributes and closures.

    Modules, classes and functions are left out.
    """
    return {name: value for name, value in _held(steps) if not isinstance(value, ModuleType | type | FunctionType)}


def _held(steps: Sequence[Step]) -> Iterator[tuple[str, Any]]:
    for module in user_modules():
        for name, value in vars(module).items():
            if not name.startswith("__"):
                yield f"{module.__name__}.{name}", value
    for number, step in enumerate(steps, 1):
        yield from (
            (f"attribute {name} of step {number}", each) for name, each in getattr(step, "__dict__", {}).items()
        )
        function = getattr(step, "__func__", step)
        for name, cell in zip(_free_names(function), getattr(function, "__closure__", None) or (), strict=False):
            try:
                yield f"{name} of step {number}", cell.cell_contents
            except ValueError:  # the variable has no value yet
                continue


def _free_names(function: Any) -> tuple[str, ...]:
    code = getattr(function, "__code__", None)
    return code.co_freevars if code is not None else ()


def user_modules() -> list[ModuleType]:
    """Return the loaded modules whose files are the user's own."""
    files = [(module, getattr(module, "__file__", None)) for module in list(sys.modules.values())]
    return [module for module, file in files if isinstance(file, str) and is_own(file)]
