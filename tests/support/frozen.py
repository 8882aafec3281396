"""Keeps the garbage collector from what tests have loaded.

Else each full collection goes through all of it, and in a process that tests fork it copies all of its memory.
"""

import gc
from collections.abc import Callable

#: Holds something where something was thawed, and what is loaded with it, since it was frozen last.
THAWED: list[bool] = []


def freeze_loaded() -> None:
    """Freeze all that lives now, and notice whatever thaws it."""
    gc.freeze()
    gc.unfreeze = _unfreeze  # to be asked how much is frozen takes long


def _unfreeze(unfreeze: Callable[[], None] = gc.unfreeze) -> None:
    unfreeze()
    THAWED.append(True)


def freeze_again() -> None:
    """Freeze again after a test that thawed: one that measured in this process."""
    if THAWED:
        gc.freeze()
        THAWED.clear()
