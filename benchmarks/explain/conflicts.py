"""Findings in a program: memory that backward needs and that was written, and writes that torch refused."""

from dataclasses import dataclass

from benchmarks.tracking.lives import OpCall, Save, Write
from benchmarks.tracking.saved import Unpacking
from benchmarks.tracking.site import Site

#: The kinds of findings. REFUSED: torch refuses backward. SILENT: the version counter missed the write. HANDED: a
#: custom function wrote a tensor after save_for_backward. REJECTED: torch refused the write itself, or failed in
#: backward. OVERLAP: a call differs from the same call on copies. STALE: autocast uses the values of a weight before a
#: write.
REFUSED, SILENT, HANDED, REJECTED, OVERLAP, STALE = "refused", "silent", "handed", "rejected", "overlap", "stale"


@dataclass(frozen=True)
class OpPlace:
    """An op and where the user's code calls it.

    `module`: the path of the module that ran, "" for the root, None outside all modules.
    """

    op: str
    site: Site | None
    module: str | None = None


@dataclass
class Conflict:
    """One finding. When it is found again, `times` grows."""

    kind: str
    saved: OpPlace | None  #: the op that saved the tensor; for a refused write the op that made it; None if neither
    written: tuple[OpPlace, ...]  #: the ops that wrote it; empty if torch did not see the write
    needed: OpPlace | None  #: where backward was started, or what raised the error
    why: str  #: one sentence
    what: str = ""  #: dtype and shape of the saved tensor
    exported: bool = False  #: whether `written` only gave the memory to other code (`numpy()`), which wrote it
    unchanged: bool = False  #: whether torch refused although the saved elements have their old values
    role: str = ""  #: its name in the autograd node that saved it: `self`, `result`, `other`
    times: int = 1

    @property
    def key(self) -> tuple:
        """Equal for findings that count as the same one."""
        return self.kind, self.saved, self.written, self.exported


def op_place(call: OpCall | None) -> OpPlace | None:
    """Return the op of a call and its place; None without a call."""
    return None if call is None else OpPlace(call.name, call.site, call.module)


def of_save(kind: str, unpacking: Unpacking, writes: list[Write], unchanged: bool = False) -> Conflict:
    """Return a finding of a kind about a tensor that was saved, and these writes to it."""
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
    """Return a finding about a call that writes memory which it also reads, or writes twice."""
    return Conflict(OVERLAP, None, _places(call), None, why)


def of_stale_cast(write: Write | None, reader: OpCall | None) -> Conflict:
    """Return a finding about a write to a weight, after which an op uses a cast of the old values."""
    place = op_place(reader)
    by = f"{place.op} at {place.site}" if place is not None else "an op"
    why = f"autocast keeps its cast of a weight until its region ends: {by} computes with the values before this write"
    return Conflict(STALE, None, _places(write.call if write is not None else None), place, why)


def _places(call: OpCall | None) -> tuple[OpPlace, ...]:
    place = op_place(call)
    return () if place is None else (place,)
