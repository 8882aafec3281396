"""The matrix filled by another process: a probe that aborts or hangs loses its cell only, and the rest goes on."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.autograd.record.safety import CRASHED, HUNG
from benchmarks.process import Child, Events, child_module
from benchmarks.process_end import Hung
from benchmarks.temporary import names_folder, temporary_file

#: A task: the pair's name, and a column or MEMORY.
Task = tuple[str, str]
MEMORY = "memory"

#: How long a process may take before its first task, in seconds: importing torch, declaring the catalogue.
START_LIMIT_S = 120


class ProcessFailed(RuntimeError):
    """The process died outside any task; the message is the end of what it printed."""


def answers(
    tasks: Sequence[Task], device: str, compile_too: bool, limit_s: float, pairs_file: Path | None = None
) -> Iterator[tuple[Task, Any]]:
    """Each task with its answer as JSON values; {"status", "text"} if the task ended or froze its process.

    `pairs_file`: a user's file that declares some of the pairs.
    """
    left = list(tasks)
    while left:
        begun, limit = False, float(START_LIMIT_S)
        with _start_process(left, device, compile_too, pairs_file) as child:
            try:
                while left and (event := child.event(limit)) is not None:
                    limit = limit_s
                    begun = event["event"] == "begin"
                    if not begun:
                        yield left.pop(0), event["answer"]
                if not left:
                    return
                end = {"status": CRASHED, "text": child.cause(child.status(limit), child.last_words())}
            except Hung as error:
                end = {"status": HUNG, "text": str(error)}
            if not begun:
                raise ProcessFailed(child.printed(most=2_000) or end["text"])
        yield left.pop(0), end


@contextmanager
def _start_process(tasks: list[Task], device: str, compile_too: bool, pairs_file: Path | None) -> Iterator[Child]:
    pairs = str(pairs_file) if pairs_file else None
    asked = json.dumps({"tasks": tasks, "device": device, "compile_too": compile_too, "pairs": pairs}).encode()
    with temporary_file() as stdin:
        with names_folder():
            stdin.write(asked)
            stdin.seek(0)
        with child_module(__name__, stdin=stdin) as child:
            yield child


def main(arguments: list[str]) -> None:
    """Work through the tasks on standard input, and send the events `begin` and `answer` for each."""
    import torch

    from benchmarks.autograd.safety.matrix import examine_cell
    from benchmarks.autograd.safety.memory_class import memory_classes
    from benchmarks.catalogue.pair import Pair
    from benchmarks.catalogue.select import select_families
    from benchmarks.measure.lost_device import why_lost

    events = Events(arguments[0])
    asked = json.load(sys.stdin)
    torch.set_num_threads(1)  # tensors are tiny; and cells then do not depend on how threads share work
    file, names = Path(asked["pairs"]) if asked["pairs"] else None, [name for name, _ in asked["tasks"]]
    chosen = (pair for each in select_families(file, names).values() for pair in each)
    pairs = {pair.name: pair for pair in chosen if isinstance(pair, Pair)}
    for name, column in asked["tasks"]:
        events.begin("begin")
        if column == MEMORY:
            answer: Any = [asdict(row) for row in memory_classes(pairs[name], asked["device"])]
        else:
            answer = asdict(examine_cell(pairs[name], column, asked["device"], asked["compile_too"]))
        if lost := why_lost(asked["device"]):
            sys.exit(lost)  # every later cell would fail too
        events.send("answer", answer=answer)


if __name__ == "__main__":
    main(sys.argv[1:])
