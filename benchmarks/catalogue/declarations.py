"""What the modules of a package declare, collected: by module, each name once."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.catalogue.pair import PairError


def file_of(package: str, module: str) -> str:
    """A module of the catalogue as its file, from the repository's root."""
    return f"{package.replace('.', '/')}/{module}.py"


def declarations(package: str, modules: Sequence[str], attribute: str) -> Mapping[str, tuple[Any, ...]]:
    """The pairs, or scenarios, that each module has under `attribute`, by module.

    PairError, one line that names file and declaration, where one is wrong or a name stands twice.
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
