"""This machine alone as a fleet, without Ray: it measures one shard at a time, or one per GPU."""

import os
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace

from benchmarks.fleet.fleet_engine import EngineError, Report, ShardTask
from benchmarks.fleet.schedule import FAILED, Node, Try
from benchmarks.fleet.shard_on_node import measure_shard
from benchmarks.fleet.suite_process import STOP_S

#: How long a process takes to end after it was killed, because it did not end within STOP_S.
_KILLED_S = 5.0


class ThisMachine:
    """Measures shards in processes of this machine. A thread watches each process, and ends with it.

    `kinds`: device by kind; only one kind, since a machine measures one device at a time. `gpus`: how many GPUs it has.
    EngineError for a plan that needs other machines.
    """

    def __init__(self, kinds: Mapping[str, str], host: str, gpus: int) -> None:
        if len(kinds) > 1:  # a machine has one kind, and its CPU and its GPUs would disturb each other
            names = " and ".join(kinds)
            raise EngineError(f"kinds {names}: this machine measures one at a time; give each a plan, or an --address")
        if "cuda" in kinds.values() and not gpus:
            raise EngineError('a kind has device "cuda", and torch sees no GPU on this machine; name an --address')
        self._nodes = [Node(host, kind, 1 if device == "cpu" else gpus) for kind, device in kinds.items()]
        self._reports: queue.Queue[tuple[Try, Report]] = queue.Queue()
        self._threads: list[threading.Thread] = []
        self._stopped = threading.Event()

    def nodes(self) -> Sequence[Node]:
        """Return this machine, the only one."""
        return self._nodes

    def others(self) -> Sequence[str]:
        """Return nothing: what this machine cannot measure is refused at the start."""
        return ()

    def begin(self, begun: Try, task: ShardTask) -> None:
        """Measure a shard in a process that a new thread starts."""
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        if task.slot != "cpu" and begun.slot < len(visible) and visible[begun.slot]:
            task = replace(task, slot=f"gpu{visible[begun.slot].strip()}")
        thread = threading.Thread(target=self._watch, args=(begun, task), daemon=True)
        self._threads.append(thread)
        thread.start()

    def reports(self, limit_s: float) -> list[tuple[Try, Report]]:
        """Return new reports, as `Engine.reports` says."""
        found = []
        with suppress(queue.Empty):
            found.append(self._reports.get(timeout=limit_s) if limit_s else self._reports.get_nowait())
            while True:
                found.append(self._reports.get_nowait())
        return found

    def close(self) -> None:
        """Ask all processes to store their state, and wait until they have ended or a time limit is over."""
        self._stopped.set()
        ends = time.monotonic() + STOP_S + _KILLED_S
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))

    def _watch(self, begun: Try, task: ShardTask) -> None:
        try:
            with closing(measure_shard(task, self._stopped.is_set)) as reports:
                for report in reports:
                    self._reports.put((begun, report))
                    if report.how or self._stopped.is_set():
                        return
            reason = "ended without a result"
        except Exception as error:  # any error ends the try: otherwise the command would wait for it for ever
            reason = f"{type(error).__name__}: {error}"
        self._reports.put((begun, Report(reason, FAILED)))
