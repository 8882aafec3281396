"""Keeps the garbage collector away from what tests have loaded.

Otherwise each full collection goes through all of it, and in a forked process that copies all of its memory.
"""

import gc
from collections.abc import Callable

#: Not empty if objects were unfrozen since the last freeze.
THAWED: list[bool] = []


def freeze_loaded() -> None:
    """Freeze all objects that live now, and notice when they are unfrozen."""
    gc.freeze()
    gc.unfreeze = _unfreeze  # gc.get_freeze_count takes long


def _unfreeze(unfreeze: Callable[[], None] = gc.unfreeze) -> None:
    unfreeze()
    THAWED.append(True)


def freeze_again() -> None:
    """Freeze again after a test that unfroze objects, since it measured in this process."""
    if THAWED:
        gc.freeze()
        THAWED.clear()
