"""Forks of a small process for what tests ask of the advisor.

The advisor forks for each trial. A test's own process has loaded all tests: to fork it takes ten times as long.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

#: Loaded once, by the process that the others are forked from.
PRELOADED = ["tests.advise.preloaded"]


def done_in_small_process(function: Callable[..., Any], *arguments: Any, limit_s: float = 120) -> Any:
    """What a function of a module returns in a process of its own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *arguments).result(timeout=limit_s)
