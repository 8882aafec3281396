"""Modules and optimizers that `make()` built, by names that are the same in each process that builds them."""

from dataclasses import dataclass
from functools import cached_property

from torch import nn
from torch.optim import Optimizer

from benchmarks.advise.trials.birth_order import by_birth
from benchmarks.advise.trials.observe import living_objects, modules_by_name
from benchmarks.advise.user.question import SourcePlace

#: Where a module is: the name of its outermost module, and its path within that.
ModulePath = tuple[str, str]


@dataclass(frozen=True)
class FlagModule:
    """A module with a flag."""

    path: ModulePath
    class_name: str
    place: SourcePlace | None  #: the expression that made it; None if it is not known
    inplace: bool  #: its flag
    position: int  #: of the flag among the arguments of its class, from 0


@dataclass(frozen=True)
class OptimizerGroup:
    """The optimizers that one expression made; all are of one class."""

    place: SourcePlace
    class_name: str
    numbers: tuple[int, ...]  #: their places among all living optimizers, the oldest first, from 0
    others: tuple[tuple[str, bool], ...]  #: options that could be set, with their new values, the preferred one first


@dataclass(frozen=True)
class BuiltParts:
    """What lives when `make()` has returned."""

    modules: tuple[FlagModule, ...]
    optimizers: tuple[OptimizerGroup, ...]

    def flagged(self, inplace: bool) -> list[FlagModule]:
        """Return the modules whose flag has this value."""
        return [module for module in self.modules if module.inplace == inplace]


class LivingParts:
    """Finds the modules and optimizers of this process by these names. Each kind is listed once, when it is needed."""

    @cached_property
    def _modules(self) -> dict[str, nn.Module]:
        return modules_by_name()

    @cached_property
    def _optimizers(self) -> list[Optimizer]:
        return living_optimizers()

    def module(self, path: ModulePath) -> nn.Module:
        """Return the module at a path; KeyError or AttributeError if there is none."""
        return self._modules[path[0]].get_submodule(path[1])

    def optimizer(self, number: int) -> Optimizer:
        """Return the optimizer with a number; IndexError if there is none."""
        return self._optimizers[number]


def living_optimizers() -> list[Optimizer]:
    """Return all living optimizers, the oldest first."""
    return by_birth(living_objects(Optimizer))


def modules_by_path() -> dict[ModulePath, nn.Module]:
    """Return each living module once, by its path."""
    named = modules_by_name().items()
    found = {id(module): ((root, path), module) for root, outer in named for path, module in outer.named_modules()}
    return dict(found.values())


def module_paths() -> dict[int, ModulePath]:
    """Return by `id` the path of each living module."""
    return {id(module): path for path, module in modules_by_path().items()}
