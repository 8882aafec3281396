"""Print what the steps do besides computing: files, connections, processes and threads."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.advise.user.whose_file import path_as_shown
from benchmarks.record.plain_text import first_names

_MOST = 6  #: the most files or addresses that a line names


def effects_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line per kind of side effect; none if the steps only compute."""
    below = answer["scratch"] + os.sep
    inside = [file.removeprefix(below) for file in answer["writes"] if answer["scratch"] and file.startswith(below)]
    outside = [path_as_shown(file) for file in answer["writes"] if not (answer["scratch"] and file.startswith(below))]
    if inside:
        yield f"Files are written in the scratch folder, which is deleted: {first_names(inside, _MOST)}."
    if outside:
        where = " outside of the scratch folder" if answer["scratch"] else ""
        yield f"Files are written{where}: {first_names(outside, _MOST)}."
    if answer["reached"]:
        reached = first_names(answer["reached"], _MOST)
        yield f"Changed meanwhile, perhaps through a link in the scratch folder: {reached}."
    if answer["connections"]:
        yield f"Connections are made to: {first_names(answer['connections'], _MOST)}."
    if answer["processes"]:
        yield f"Processes are started, whose ops are not watched: {first_names(answer['processes'], _MOST)}."
    if answer["threads"]:
        yield f"Threads are started, whose ops are not watched: {first_names(answer['threads'], _MOST)}."
