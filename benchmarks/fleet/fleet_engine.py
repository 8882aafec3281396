"""What starts shards on machines, and what they report. An engine is a queue and places; it measures nothing."""

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
    host: str  #: the name of the machine in the stored run
    slot: str  #: the slot that is held: "cpu", or "gpu" and the number that CUDA_VISIBLE_DEVICES takes
    work: str  #: a folder of the machine for unfinished runs
    environments: str  #: a folder of the machine for Python environments
    kind: Mapping[str, Any] = field(default_factory=dict)  #: the machine's kind of the kept shards (`machine_kind`)
    kind_of: str = ""  #: the kept shard that `kind` comes from, a path on the machine of the command

    @property
    def folder_name(self) -> str:
        """The name of the shard's own folder."""
        return self.shard.replace("/", "of")


@dataclass(frozen=True)
class Report:
    """One message of a shard's machine. `how`: "" while the try goes on, else how it ended (see `schedule`)."""

    text: str
    how: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)  #: of a try that is done: the files of its run


def remove_shard_text(shard: Path | str) -> str:
    """Return what the user can do if the kept shard, with which others are compared, is the wrong one."""
    return f"if {shard} is the odd one, remove it and type the command again"


class Engine(Protocol):
    """Machines that measure shards."""

    def nodes(self) -> Sequence[Node]:
        """Return the machines that are there now."""
        ...

    def others(self) -> Sequence[str]:
        """The machines that do not take part, each with why."""
        ...

    def begin(self, begun: Try, task: ShardTask) -> None:
        """Begin a try at its place. The engine may replace `task.slot`: only the machine knows which GPU is free."""
        ...

    def reports(self, limit_s: float) -> list[tuple[Try, Report]]:
        """Return the new reports of running tries. Wait at most `limit_s` for the first. A lost try ends as LOST."""
        ...

    def close(self) -> None:
        """End every try. Partial runs stay on their machines."""
        ...
