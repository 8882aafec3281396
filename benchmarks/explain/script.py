"""Runs a user's script as Python itself would: as `__main__`, with its own arguments, folder and packages."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType

#: Packages of this suite. A user's project may have packages with the same names.
_OWN = ("benchmarks", "analysis")


class BadScript(ValueError):
    """A script that cannot be read or is no Python; the message is one line."""


def compiled_script(path: Path, text: str | None = None) -> CodeType:
    """Return the compiled script, or `text` compiled in its place. BadScript if it cannot be read or is no Python."""
    try:
        return compile(path.read_bytes() if text is None else text, str(path), "exec")
    except OSError as error:
        raise BadScript(f"{path}: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        where = f"line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else str(error)
        raise BadScript(f"{path}: not Python: {where}") from error


def run_script(path: Path, code: CodeType, arguments: Sequence[str], main: ModuleType) -> None:
    """Run a compiled script to its end as the module `main`, which then holds its variables.

    `arguments`: those of the script. Every error of the script is raised, also SystemExit.
    """
    main.__dict__.update(__file__=str(path), __cached__=None)
    with _as_main(main, path, arguments):
        exec(code, main.__dict__)


@contextmanager
def _as_main(main: ModuleType, path: Path, arguments: Sequence[str]) -> Iterator[None]:
    argv, folders, modules = sys.argv, list(sys.path), dict(sys.modules)
    # `python script.py` has the script's folder in sys.path where `python -m` has the current one. Our own packages
    # stay loaded for ourselves, but the script does not find them by their names.
    for name in [name for name in sys.modules if name.split(".")[0] in _OWN]:
        del sys.modules[name]
    sys.argv, sys.path[0], sys.modules["__main__"] = [str(path), *arguments], str(path.resolve().parent), main
    try:
        yield
    finally:
        own = {name: module for name, module in modules.items() if name.split(".")[0] in _OWN}
        theirs = [name for name in sys.modules if name.split(".")[0] in _OWN]
        for name in theirs:
            del sys.modules[name]
        sys.modules.update({**own, "__main__": modules["__main__"]})
        sys.argv, sys.path[:] = argv, folders
