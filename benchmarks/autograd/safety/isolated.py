"""The matrix filled by a process of its own: a probe that aborts or hangs costs its cell, and the rest goes on."""

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import IO, Any

from benchmarks.autograd.record.safety import CRASHED, HUNG
from benchmarks.process import cause, said, started

#: A task: the pair's name, and a column or MEMORY.
Task = tuple[str, str]
MEMORY = "memory"

#: Importing torch and declaring the catalogue: what a process may take before its first task.
START_LIMIT_S = 120


class ProcessFailed(RuntimeError):
    """The process died outside any task; holds the end of what it printed."""


def answers(tasks: Sequence[Task], device: str, compile_too: bool, limit_s: float) -> Iterator[tuple[Task, Any]]:
    """Each task with its answer as JSON values; where it ended or froze its process, with {"status", "text"}."""
    left = list(tasks)
    while left:
        begun, ended, before = False, None, 0
        with _started(left, device, compile_too) as (process, events, log):
            for line in _lines(events, limit_s):
                if line is None:
                    ended = {"status": HUNG, "text": f"no end after {limit_s:g} s, stopped"}
                    process.kill()
                    break
                begun = line.startswith("begin ")
                if begun:
                    before = int(line.split()[1])
                else:
                    yield left.pop(0), json.loads(line)
            status = process.wait()
            ended = ended or {"status": CRASHED, "text": cause(status, log, before)}
            if left and not begun:
                raise ProcessFailed(said(log)[-2_000:] or ended["text"])
        if left:
            yield left.pop(0), ended


@contextlib.contextmanager
def _started(tasks: list[Task], device: str, compile_too: bool) -> Iterator[tuple[subprocess.Popen, IO[bytes], IO]]:
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as log, tempfile.TemporaryFile("w+") as given, os.fdopen(reader, "rb", 0) as events:
        json.dump({"tasks": tasks, "device": device, "compile_too": compile_too}, given)
        given.seek(0)
        with started(__name__, [str(writer)], log, given, (writer,)) as process:
            os.close(writer)
            yield process, events, log


def _lines(events: IO[bytes], limit_s: float) -> Iterator[str | None]:
    """The process's lines until it closes the pipe; None once, when one does not come in time."""
    pending, limit = b"", float(START_LIMIT_S)
    with selectors.DefaultSelector() as selector:
        selector.register(events, selectors.EVENT_READ)
        while True:
            if not _ready(selector, limit):
                yield None
                return
            data = events.read(65536)
            if not data:
                return
            limit = limit_s
            *whole, pending = (pending + data).split(b"\n")
            yield from (line.decode() for line in whole)


def _ready(selector: selectors.BaseSelector, limit_s: float) -> bool:
    """Whether something comes in time. In short waits: time in which both processes were stopped does not count."""
    waited_s = 0.0
    while waited_s < limit_s:
        wait_s = min(1.0, limit_s - waited_s)
        if selector.select(wait_s):
            return True
        waited_s += wait_s
    return False


def main(arguments: list[str]) -> None:
    """Work through the tasks on standard input; `begin` and then the answer of each goes to the given pipe.

    `begin` tells how much was printed by then: what earlier tasks said is not the cause of this one's end.
    """
    import torch

    from benchmarks.autograd.safety.matrix import examine
    from benchmarks.autograd.safety.memory_class import memory_classes
    from benchmarks.catalogue import families

    given = json.load(sys.stdin)
    torch.set_num_threads(1)  # tiny tensors; and one cell does not differ from the next by how threads were shared
    pairs = {pair.name: pair for each in families().values() for pair in each}
    with os.fdopen(int(arguments[0]), "w", encoding="utf-8") as out:
        for name, column in given["tasks"]:
            sys.stdout.flush()
            print("begin", os.fstat(sys.stdout.fileno()).st_size, file=out, flush=True)
            if column == MEMORY:
                answer: Any = [asdict(row) for row in memory_classes(pairs[name], given["device"])]
            else:
                answer = asdict(examine(pairs[name], column, given["device"], given["compile_too"]))
            _end_with_a_lost_device(given["device"])
            print(json.dumps(answer, allow_nan=False), file=out, flush=True)


def _end_with_a_lost_device(device: str) -> None:
    """A GPU whose kernel failed fails every later call of its process: then this cell's process ends with it."""
    import torch

    if device.startswith("cuda"):
        try:
            torch.cuda.synchronize(device)
        except RuntimeError as error:
            sys.exit(f"the device is lost: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    main(sys.argv[1:])
