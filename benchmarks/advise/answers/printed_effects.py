"""Print what the steps do besides computing: files, connections, processes and threads."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.advise.user.whose_file import path_as_shown

_MOST = 6  #: the most files or addresses that a line names


def effects_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line per kind of side effect; none if the steps only compute."""
    below = answer["scratch"] + os.sep
    inside = [file.removeprefix(below) for file in answer["writes"] if answer["scratch"] and file.startswith(below)]
    outside = [path_as_shown(file) for file in answer["writes"] if not (answer["scratch"] and file.startswith(below))]
    if inside:
        yield f"Files are written in the scratch folder, which is deleted: {_named(inside)}."
    if outside:
        where = " outside of the scratch folder" if answer["scratch"] else ""
        yield f"Files are written{where}: {_named(outside)}."
    if answer["reached"]:
        yield f"Changed meanwhile, perhaps through a link in the scratch folder: {_named(answer['reached'])}."
    if answer["connections"]:
        yield f"Connections are made to: {_named(answer['connections'])}."
    if answer["processes"]:
        yield f"Processes are started, whose ops are not watched: {_named(answer['processes'])}."
    if answer["threads"]:
        yield f"Threads are started, whose ops are not watched: {_named(answer['threads'])}."


def _named(found: Sequence[str]) -> str:
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return ", ".join(found[:_MOST]) + more
