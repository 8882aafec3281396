"""What starts shards on machines, and what comes back of them. An engine is a queue and places; it measures nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.fleet.schedule import Node, Try


class EngineError(ValueError):
    """Machines that cannot be used; the message is one line."""


@dataclass(frozen=True)
class ShardTask:
    """What a machine needs to know to measure one shard."""

    run: str
    shard: str  #: "2/5"
    version: str  #: of torch
    device: str  #: "cpu" or "cuda"
    options: Mapping[str, str]  #: texts of options of `run`
    host: str  #: what the machine is called in the stored run
    slot: str  #: what is held: "cpu", or "gpu" and the number that CUDA_VISIBLE_DEVICES takes
    work: str  #: a folder of the machine
    environments: str  #: a folder of the machine
    kind: Mapping[str, Any] = field(default_factory=dict)  #: of the machines of shards that are here (`machine_kind`)
    kind_of: str = ""  #: the kept shard, on the machine of the command, whose kind that is

    @property
    def folder_name(self) -> str:
        """The name of the shard's own folder."""
        return self.shard.replace("/", "of")


@dataclass(frozen=True)
class Report:
    """One message of a shard's machine. `how`: "" while it goes on, else how the try ended; see `schedule`."""

    text: str
    how: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)  #: of a try that is done: the run's folder


def odd_one_text(shard: Path | str) -> str:
    """What to do if the kept shard that others are compared with is the one of another kind."""
    return f"if {shard} is the odd one, remove it and type the command again"


class Engine(Protocol):
    """Machines that measure shards."""

    def nodes(self) -> Sequence[Node]:
        """The machines that are there now."""
        ...

    def others(self) -> Sequence[str]:
        """The machines that do not take part, each with why."""
        ...

    def begin(self, begun: Try, task: ShardTask) -> None:
        """Begin a try at its place. The engine may replace `task.slot`: which GPU is free, only the machine knows."""
        ...

    def reports(self, limit_s: float) -> list[tuple[Try, Report]]:
        """What came in from tries that run, waiting at most `limit_s` for the first; a lost one ends as LOST."""
        ...

    def close(self) -> None:
        """End every try; what is partial stays on its machine."""
        ...
