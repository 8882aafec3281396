"""What is recorded: calls of ops; and for each storage who made, read, wrote and saved it, and when it ended."""

import weakref
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from benchmarks.tracking.module_paths import ModulePaths
from benchmarks.tracking.site import Site

FORWARD, BACKWARD, UPDATE = "forward", "backward", "update"


@dataclass(eq=False)
class OpCall:
    """One call of an op that torch dispatched, or of a method that gives memory to other code (`numpy()`)."""

    order: int  #: its number among all calls
    op: str  #: its name in the schema, such as `aten::add_`
    site: Site | None  #: the user's expression; in backward, that of `backward()` or of a hook
    module: str | None  #: path of the innermost module that ran
    region: str  #: FORWARD, BACKWARD or UPDATE
    node: str = ""  #: in backward: the name of the autograd node that ran
    forward: "OpCall | None" = None  #: in backward: the call whose gradient was computed
    numbers: int = 0  #: with exact bytes: how many numbers stand for tensors; the recorder makes a tensor of each again

    @property
    def name(self) -> str:
        """The op without its namespace: `add_`."""
        return self.op.rsplit("::", 1)[-1]


@dataclass(eq=False)
class Write:
    """A call that wrote memory, or (`exported`) gave it to other code, which may write it unseen (`numpy()`)."""

    call: OpCall
    exported: bool = False


@dataclass(eq=False)
class FunctionSave:
    """A tensor that a custom function's forward gave to save_for_backward. It is saved once forward has ended."""

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
    call: OpCall | None  #: the dispatched call that it belongs to; None if that is not known
    site: Site | None
    module: str | None
    order: int  #: the number of calls begun before it was saved
    life: "StorageLife"
    shape: tuple[int, ...]
    dtype: torch.dtype
    version: int | None  #: of its version counter; None for an inference tensor
    is_result: bool  #: whether it was saved after the op ran, so that it may be its own result
    made_by: str = ""  #: the name of its autograd node, as in torch's error
    content: int | None = None  #: a checksum; None if none was asked for
    handed: "FunctionSave | None" = None  #: set if a custom function's forward gave it to save_for_backward
    writes: list[Write] = field(default_factory=list)  #: to its storage, after it was saved
    counted: list[Write] = field(default_factory=list)  #: those of `writes` that moved its version counter
    unpacked: list[OpCall] = field(default_factory=list)  #: an entry per time that backward took it
    packed: "weakref.ref[Packed] | None" = None
    ended: int | None = None  #: how many calls had begun when the graph freed it; None while the graph holds it

    @property
    def is_alive(self) -> bool:
        """Return whether a graph still holds it."""
        return self.packed is not None and self.packed() is not None


class Packed:
    """The object that a graph holds instead of a saved tensor."""

    __slots__ = ("__weakref__", "save", "seen_version", "tensor")

    def __init__(self, tensor: torch.Tensor, save: Save) -> None:
        self.tensor, self.save, self.seen_version = tensor, save, save.version


@dataclass(eq=False)
class StorageLife:
    """One storage, from the first call that saw it to its end. Another storage may have its address afterwards."""

    index: int
    nbytes: int
    device: str
    data_ptr: int
    made_by: OpCall | None  #: None if it was there before, or came from outside torch
    reads: list[OpCall] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    saves: list[Save] = field(default_factory=list)
    latest_write: Write | None = None
    ended: int | None = None  #: how many calls had begun when it ended; None while it lives

    @property
    def is_alive(self) -> bool:
        return self.ended is None


class Notes(Protocol):
    """The part of the recorder that the hooks use."""

    modules: ModulePaths
    order: int  #: how many calls have begun
    last: OpCall | None  #: the call that was dispatched last
    last_number: int  #: the number that the next graph node would have got when `last` was dispatched
    resting: bool  #: whether the recorder itself calls torch now
    history: bool

    def settle(self) -> None: ...

    def life_of(self, t: torch.Tensor, made_by: OpCall | None = None) -> StorageLife | None: ...

    def new_call(self, op: str) -> OpCall: ...

    def forward_of(self, node: Any) -> OpCall | None: ...

    def note_export(self, method: str, t: torch.Tensor) -> None: ...
