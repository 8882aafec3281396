"""Collects what the modules of a package declare: by module, each name once."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.catalogue.pair import PairError


def file_of(package: str, module: str) -> str:
    """The file of a catalogue module, relative to the repository's root."""
    return f"{package.replace('.', '/')}/{module}.py"


def declarations(package: str, modules: Sequence[str], attribute: str) -> Mapping[str, tuple[Any, ...]]:
    """The pairs or scenarios in each module's `attribute`, by module.

    PairError, one line with file and name, if a declaration is wrong or a name is declared twice.
    """
    made: dict[str, tuple[Any, ...]] = {}
    first: dict[str, str] = {}
    for module in modules:
        file = file_of(package, module)
        try:
            made[module] = getattr(importlib.import_module(f"{package}.{module}"), attribute)
        except PairError as error:
            raise PairError(f"{file}: {error}") from None
        for each in made[module]:
            if each.name in first:
                raise PairError(f"{file}: {each.name}: declared twice, first in {first[each.name]}")
            first[each.name] = file
    return made
