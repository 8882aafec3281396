"""What is recorded: calls of ops, and of each tensor's memory who made, read, wrote and saved it, and when it ended."""

import weakref
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from benchmarks.tracking.module_paths import ModulePaths
from benchmarks.tracking.site import Site

FORWARD, BACKWARD, UPDATE = "forward", "backward", "update"


@dataclass(eq=False)
class OpCall:
    """One call of an op that torch dispatched, or of what moves data past torch (`numpy()`)."""

    order: int  #: counts all calls
    op: str  #: by its schema, such as `aten::add_`
    site: Site | None  #: the user's expression; in backward, that of `backward()` or of a hook
    module: str | None  #: path of the innermost module that ran
    region: str  #: FORWARD, BACKWARD or UPDATE
    node: str = ""  #: in backward: the name of the autograd node that ran
    forward: "OpCall | None" = None  #: in backward: the call whose gradient was computed
    numbers: int = 0  #: where bytes are exact: numbers that stand for tensors, each of which the recorder makes again

    @property
    def name(self) -> str:
        """The op without its namespace: `add_`."""
        return self.op.rsplit("::", 1)[-1]


@dataclass(eq=False)
class Write:
    """A call that wrote memory; or that only handed it out (`numpy()`, `data_ptr()`): who has it writes unseen."""

    call: OpCall
    exported: bool = False


@dataclass(eq=False)
class Handed:
    """A tensor that a custom function's forward handed to save_for_backward; it is saved once forward has ended."""

    context: "weakref.ref"
    function: str
    site: Site | None
    index: int  #: of its storage
    shape: tuple[int, ...]
    content: int | None
    writes: list[Write] = field(default_factory=list)  #: to its storage, before it was saved


@dataclass(eq=False)
class Save:
    """A tensor that an op kept for backward."""

    op: str  #: the op or custom function that saved it
    call: OpCall | None  #: the dispatched call that it belongs to, where known
    site: Site | None
    module: str | None
    order: int  #: the number of calls begun before it was saved
    life: "StorageLife"
    shape: tuple[int, ...]
    dtype: torch.dtype
    version: int | None  #: of its counter; None of an inference tensor
    is_result: bool  #: saved after the op ran, so perhaps its own result
    made_by: str = ""  #: the name of its autograd node, as torch's error has it
    content: int | None = None  #: a checksum, where asked for
    handed: "Handed | None" = None  #: where a custom function's forward handed it to save_for_backward
    writes: list[Write] = field(default_factory=list)  #: to its storage, after it was saved
    counted: list[Write] = field(default_factory=list)  #: of these, those that moved its version counter
    unpacked: list[OpCall] = field(default_factory=list)  #: when backward took it, each time
    packed: "weakref.ref[Packed] | None" = None
    ended: int | None = None  #: the number of calls begun when the graph let it go; None while it holds it

    @property
    def is_alive(self) -> bool:
        """Whether a graph still holds it."""
        return self.packed is not None and self.packed() is not None


class Packed:
    """What a graph holds in place of a saved tensor."""

    __slots__ = ("__weakref__", "save", "seen_version", "tensor")

    def __init__(self, tensor: torch.Tensor, save: Save) -> None:
        self.tensor, self.save, self.seen_version = tensor, save, save.version


@dataclass(eq=False)
class StorageLife:
    """One storage from the first call that saw it to its end. Its address may serve others afterwards."""

    index: int
    nbytes: int
    device: str
    data_ptr: int
    made_by: OpCall | None  #: None: it was there before, or came from outside torch
    reads: list[OpCall] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    saves: list[Save] = field(default_factory=list)
    latest_write: Write | None = None
    ended: int | None = None  #: the number of calls begun by then; None while it lives

    @property
    def is_alive(self) -> bool:
        return self.ended is None


class Notes(Protocol):
    """What hooks note in: the recorder, as they see it."""

    modules: ModulePaths
    order: int  #: calls begun
    last: OpCall | None
    last_number: int  #: that the next node would have got when it was dispatched
    resting: bool  #: while the recorder itself calls torch
    history: bool

    def settle(self) -> None: ...

    def life_of(self, t: torch.Tensor, made_by: OpCall | None = None) -> StorageLife | None: ...

    def new_call(self, op: str) -> OpCall: ...

    def forward_of(self, node: Any) -> OpCall | None: ...

    def note_export(self, method: str, t: torch.Tensor) -> None: ...
