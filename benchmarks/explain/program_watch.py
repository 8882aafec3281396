"""Watches a program: records what it saves and writes, and compares saved tensors with those that backward takes."""

import ast
import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from benchmarks.explain.conflicts import HANDED, REFUSED, SILENT, Conflict, of_overlap, of_save, of_stale_cast
from benchmarks.explain.source import expression_at
from benchmarks.tracking.overlapping_writes import OverlapCheck
from benchmarks.tracking.recorder import Recorder
from benchmarks.tracking.saved import Unpacking
from benchmarks.tracking.site import Site
from benchmarks.tracking.stale_casts import StaleCastCheck

#: Tensors that batch norm saves in training but does not read in backward: it writes them itself in every forward.
_RUNNING = ("running_mean", "running_var")
#: Methods by which a user's expression asks for a cast itself.
_CASTING = {"to", "type", "type_as", "half", "bfloat16", "float", "double", "copy_"}


class ProgramWatch:
    """The findings in a program that runs within `watching()`."""

    def __init__(self) -> None:
        self.findings: list[Conflict] = []
        self.left_uncompiled = False  #: whether the program asked for torch.compile
        self.recorder = Recorder(history=False, contents=True, on_unpack=self._on_unpack)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the program inside this block. torch.compile is off: compiled code does not show what it saves."""
        with ExitStack() as stack:
            stack.enter_context(self._uncompiled())
            stack.enter_context(OverlapCheck(self._on_overlap).checking())
            stack.enter_context(StaleCastCheck(self._on_stale_cast, _casts_itself))
            stack.enter_context(self.recorder.recording())
            yield

    def add(self, finding: Conflict) -> None:
        """Keep a finding. If there is an equal one, only its `times` grows."""
        for known in self.findings:
            if known.key == finding.key:
                known.times += 1
                return
        self.findings.append(finding)

    def has_flag(self, path: str) -> bool:
        """Return whether the module at this path has `inplace=True`, in any model that ran."""
        models = (dict(root.named_modules()) for root in self.recorder.modules.roots())
        return any(getattr(modules.get(path), "inplace", False) is True for modules in models)

    def _on_overlap(self, why: str) -> None:
        self.add(of_overlap(self.recorder.latest, why))

    def _on_stale_cast(self, weight: torch.Tensor) -> None:
        life = self.recorder.known_life(weight)
        self.add(of_stale_cast(life.latest_write if life is not None else None, self.recorder.latest))

    def _on_unpack(self, unpacking: Unpacking) -> None:
        save, unchanged = unpacking.save, unpacking.is_unchanged()
        if save.handed is not None and save.handed.content != save.content:
            self.add(of_save(HANDED, unpacking, save.handed.writes))
        if unpacking.refused:
            self.add(of_save(REFUSED, unpacking, save.counted, unchanged=unchanged and save.content is not None))
        elif not unchanged and not _is_not_read(unpacking):
            counted = {id(write) for write in save.counted}
            missed = [write for write in save.writes if id(write) not in counted]
            dispatched = [write for write in missed if not write.exported]
            self.add(of_save(SILENT, unpacking, dispatched or missed))

    @contextmanager
    def _uncompiled(self) -> Iterator[None]:
        original = torch.compile

        @functools.wraps(original)
        def compile(model: Callable | None = None, **options: Any) -> Any:
            self.left_uncompiled = True
            return (lambda function: function) if model is None else model

        torch.compile = compile
        try:
            yield
        finally:
            torch.compile = original


def _is_not_read(unpacking: Unpacking) -> bool:
    """Return whether backward takes this tensor without reading it."""
    return bool(getattr(unpacking.node(), "_saved_training", False)) and unpacking.name() in _RUNNING


def _casts_itself(site: Site) -> bool:
    """Return whether the user's expression at this place calls a method that casts."""
    node = expression_at(site)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CASTING
