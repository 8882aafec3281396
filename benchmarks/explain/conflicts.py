"""What was found in a program: memory that backward needs and somebody wrote, and writes that torch refused."""

from dataclasses import dataclass

from benchmarks.tracking.lives import OpCall, Save, Write
from benchmarks.tracking.saved import Unpacking
from benchmarks.tracking.site import Site

#: Torch refuses backward; the version counter missed the write; a custom function wrote what it had handed over to be
#: saved; torch refused the write itself, or failed in backward; a call differs from the same call on copies; autocast
#: computes with a weight from before a write.
REFUSED, SILENT, HANDED, REJECTED, OVERLAP, STALE = "refused", "silent", "handed", "rejected", "overlap", "stale"


@dataclass(frozen=True)
class OpPlace:
    """An op where the user's code calls it. `module`: the path of the module that ran; "" the root, None: none ran."""

    op: str
    site: Site | None
    module: str | None = None


@dataclass
class Conflict:
    """One of them; the same again adds to `times`."""

    kind: str
    saved: OpPlace | None  #: who saved; of a write that was refused, who made the tensor; nobody where none matters
    written: tuple[OpPlace, ...]  #: nothing where the write went past torch, unseen
    needed: OpPlace | None  #: where backward was started, or what raised
    why: str  #: one sentence
    what: str = ""  #: dtype and shape of what was saved
    exported: bool = False  #: `written` only handed the memory out (`numpy()`), and was written through that
    unchanged: bool = False  #: refused, though the elements that were saved hold what they did
    role: str = ""  #: what the autograd node that saved it calls it: `self`, `result`, `other`
    times: int = 1

    @property
    def key(self) -> tuple:
        return self.kind, self.saved, self.written, self.exported


def op_place(call: OpCall | None) -> OpPlace | None:
    return None if call is None else OpPlace(call.name, call.site, call.module)


def of_save(kind: str, unpacking: Unpacking, writes: list[Write], unchanged: bool = False) -> Conflict:
    """A finding about a tensor that was saved, and these writes to it."""
    save, name = unpacking.save, unpacking.name()
    exported = bool(writes) and all(write.exported for write in writes)
    seen = [write.call for write in writes if write.exported == exported]
    return Conflict(
        kind=kind,
        saved=OpPlace(save.op.rsplit("::", 1)[-1], save.site, save.module),
        written=tuple(dict.fromkeys(OpPlace(call.name, call.site, call.module) for call in seen)),
        needed=op_place(unpacking.call),
        why=_why(kind, save, name, unchanged),
        what=f"{str(save.dtype).removeprefix('torch.')} {list(save.shape)}",
        exported=exported,
        unchanged=unchanged,
        role=name,
    )


def _why(kind: str, save: Save, name: str, unchanged: bool) -> str:
    if kind == HANDED:
        return (
            f"{save.op} hands this tensor to save_for_backward and then writes it: backward gets the written values, "
            "which is wrong where its gradient is computed from the old ones"
        )
    needs = f"{save.op.rsplit('::', 1)[-1]} computes its gradient from {_role(save, name)}"
    if unchanged:
        return f"{needs}; the elements that it saved are unchanged, but one version counter serves the whole storage"
    if kind == SILENT:
        return f"{needs}, which holds other values by now; no version counter moved, so the gradient is silently wrong"
    return f"{needs}, which holds other values by now"


def _role(save: Save, name: str) -> str:
    if save.handed is not None:
        return "what its forward saved"
    if name.startswith(("result", "output", "grad_input")):
        return "its own result"
    if name in ("self", "input"):
        return "its input"
    return f"its operand `{name}`" if name else "a tensor that it saved"


def of_overlap(call: OpCall | None, why: str) -> Conflict:
    """A finding about a call that writes memory which it also reads, or writes twice."""
    return Conflict(OVERLAP, None, _places(call), None, why)


def of_stale_cast(write: Write | None, reader: OpCall | None) -> Conflict:
    """A finding about a write to a weight after which an op computes with a cast from before it."""
    place = op_place(reader)
    by = f"{place.op} at {place.site}" if place is not None else "an op"
    why = f"autocast keeps its cast of a weight until its region ends: {by} computes with the values before this write"
    return Conflict(STALE, None, _places(write.call if write is not None else None), place, why)


def _places(call: OpCall | None) -> tuple[OpPlace, ...]:
    place = op_place(call)
    return () if place is None else (place,)
