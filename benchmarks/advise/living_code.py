"""Changed source put into functions that live already: their code is exchanged, everything else about them stays."""

import gc
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType, FunctionType

#: What code is found by, in two compilations of one file: its name, its first line, and which of these it is.
Key = tuple[str, int, int]


class NotLiving(RuntimeError):
    """The code that lives is not what the file holds now; the message says which."""


def exchange_code(changed: Mapping[str, str]) -> None:
    """Let all functions of some files run new text, whose lines have the same numbers. NotLiving where one does not.

    A function that runs at the moment finishes with its old code.
    """
    codes = {file: dict(_keyed(_compiled(file, text))) for file, text in changed.items()}
    places = {file: {} for file in changed}  # of living code, its key, from the compilation of the file as it is
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
    """All code within a module's code, each with its key."""
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
    """What tells code apart within one file, whichever compilation made it."""
    return code.co_name, code.co_firstlineno, code.co_code, tuple(map(repr, code.co_lines()))
