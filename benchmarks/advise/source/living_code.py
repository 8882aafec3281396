"""Put changed source into functions that exist already: only their code is replaced."""

import gc
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType, FunctionType

#: The key of a code object in any compilation of its file: name, first line, and its number among those of both equal.
Key = tuple[str, int, int]


class NotLiving(RuntimeError):
    """A living function does not have the code that its file holds now; the message names the function."""


def exchange_code(changed: Mapping[str, str]) -> None:
    """Give all living functions of some files the code of a new text; a function that runs now ends with its old code.

    `changed`: by file, its new text, in which each line keeps its number. NotLiving if a function has no counterpart.
    """
    codes = {file: dict(_keyed(_compiled(file, text))) for file, text in changed.items()}
    places = {file: {} for file in changed}  # by identity, the key of each code object of the file as it is
    for file in changed:
        places[file] = {_identity(code): key for key, code in _keyed(_compiled(file, Path(file).read_bytes()))}
    for function in [each for each in gc.get_objects() if type(each) is FunctionType]:
        code = function.__code__
        known = places.get(code.co_filename)
        if known is None:
            continue
        key = known.get(_identity(code))
        new = codes[code.co_filename].get(key) if key is not None else None
        if new is None:
            raise NotLiving(f"{code.co_filename}:{code.co_firstlineno}: {code.co_name} is not what the file holds now")
        if new.co_freevars != code.co_freevars:
            new = new.replace(co_freevars=code.co_freevars)
        function.__code__ = new


def _compiled(file: str, text: str | bytes) -> CodeType:
    return compile(text, file, "exec", dont_inherit=True)


def _keyed(code: CodeType) -> Iterator[tuple[Key, CodeType]]:
    """Yield all code objects within a module's code, each with its key."""
    seen: dict[tuple[str, int], int] = {}
    waiting = [code]
    while waiting:
        held = [each for each in waiting.pop(0).co_consts if isinstance(each, CodeType)]
        for each in held:
            name = getattr(each, "co_qualname", each.co_name), each.co_firstlineno
            seen[name] = seen.get(name, -1) + 1
            yield (*name, seen[name]), each
        waiting += held


def _identity(code: CodeType) -> tuple[object, ...]:
    """Return what identifies a code object within its file, the same in each compilation of the same text."""
    return code, tuple(map(repr, code.co_lines()))  # codes that differ only in their lines count as equal
