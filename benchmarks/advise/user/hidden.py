"""Hide this suite's modules, so that `import benchmarks` in the user's code finds the user's own folder."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

#: Rooms of this project, whose names a user's folders may have too.
_OURS = ("benchmarks", "analysis")

_hidden: dict[str, ModuleType] = {}


def hide_ours() -> None:
    """Hide this suite's modules from imports. Those that this process needs must have been imported before."""
    for name in [name for name in sys.modules if name.split(".")[0] in _OURS]:
        _hidden[name] = sys.modules.pop(name)
    root = str(Path(__file__).resolve().parents[3])
    sys.path[:] = [path for path in sys.path if not path or str(Path(path).resolve()) != root]


@contextmanager
def ours_in_sight() -> Iterator[None]:
    """Show this suite's modules again within this block: pickle imports classes by the name of their module."""
    if not _hidden:
        yield
        return
    theirs = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in _OURS}
    sys.modules.update(_hidden)
    try:
        yield
    finally:
        for name in _hidden:
            sys.modules.pop(name, None)
        sys.modules.update(theirs)
