"""The module of a model that runs now, as a path such as `layer1.0.relu` from the module that was called first."""

import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.nn.modules import module as hooks


class ModulePaths:
    """The stack of modules whose `forward` runs. A root has the path ""; a module keeps the first path that it got."""

    def __init__(self) -> None:
        self._paths: weakref.WeakKeyDictionary[nn.Module, str] = weakref.WeakKeyDictionary()
        self._running: list[nn.Module] = []
        self.on_root: Callable[[nn.Module], object] | None = None  #: called with each module that is called first
        self._error = 0  # the id of the latest error; the error itself would keep its frames' variables alive
        self.failed: str | None = None  #: the path of the innermost module that the latest error left

    @property
    def here(self) -> str | None:
        """The path of the innermost module that runs; None outside all modules."""
        return self._paths.get(self._running[-1], "") if self._running else None

    def path_of(self, module: nn.Module) -> str | None:
        """Return the path of a module that ran, or that is part of one that ran; None for any other."""
        return self._paths.get(module)

    def roots(self) -> list[nn.Module]:
        """Return the modules at which paths begin: those called first, and those that no other module contains."""
        return [module for module, path in self._paths.items() if not path]

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Follow the calls of every module inside this block."""
        before = hooks.register_module_forward_pre_hook(self._enter)
        after = hooks.register_module_forward_hook(self._leave, always_call=True)
        try:
            yield
        finally:
            before.remove()
            after.remove()
            self._running.clear()

    def _enter(self, module: nn.Module, args: Any) -> None:
        if module not in self._paths:  # a root, or a module that is in no other's registry
            for name, each in module.named_modules():
                self._paths.setdefault(each, name)
            if self.on_root is not None:
                self.on_root(module)
        self._running.append(module)

    def _leave(self, module: nn.Module, args: Any, result: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and id(error) != self._error:  # it leaves the innermost module first
            self._error, self.failed = id(error), self._paths.get(module)
        while self._running and self._running.pop() is not module:  # an error left those above it
            pass
