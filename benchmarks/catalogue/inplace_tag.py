"""A second, independent source of the in-place ops: the tag that torch puts on each, from 2.13 on.

`surface` reads schemas and the names of functions; where both disagree, one of them forgot an op.
"""

from collections.abc import Collection
from dataclasses import dataclass

import torch

from benchmarks.catalogue.surface import written_by_aten
from benchmarks.record.versions import release

#: Ops whose schemas write and return `self`, but which torch does not tag, each with the reason.
UNTAGGED = {
    "shallow_copy_data_": "writes no element: AOTAutograd puts it into graphs in place of `x.data = y`",
}


@dataclass(frozen=True)
class TagDifferences:
    """The names of aten ops that only one of the sources has. `unexplained`: without a reason in UNTAGGED."""

    tagged: int
    only_tagged: tuple[str, ...]
    only_schema: tuple[str, ...]

    @property
    def unexplained(self) -> tuple[str, ...]:
        """The names without a reason in UNTAGGED."""
        return tuple(name for name in (*self.only_tagged, *self.only_schema) if name not in UNTAGGED)

    @property
    def line(self) -> str:
        """'torch 2.15.0 tags 246 aten ops as in-place; only by schema: shallow_copy_data_ (writes no element ..)'"""
        whose = f"torch {release(torch.__version__)} tags {self.tagged} aten ops as in-place"
        if not self.only_tagged and not self.only_schema:
            return f"{whose}: the same that their schemas name"
        parts = [
            f"{words}: {', '.join(map(_with_reason, names))}"
            for words, names in (("only tagged", self.only_tagged), ("only by schema", self.only_schema))
            if names
        ]
        return f"{whose}; {'; '.join(parts)}"


def _with_reason(name: str) -> str:
    return f"{name} ({UNTAGGED.get(name, 'unexplained')})"


def tag_differences(by_schema: Collection[str] | None = None) -> TagDifferences | None:
    """How the tags differ from the schemas' names (by default of the installed torch); None where torch has no tag."""
    tagged = _tagged_names()
    if tagged is None:
        return None
    named = set(written_by_aten() if by_schema is None else by_schema)
    return TagDifferences(len(tagged), tuple(sorted(tagged - named)), tuple(sorted(named - tagged)))


def _tagged_names() -> set[str] | None:
    """The names, without overloads, of the aten ops with the tag."""
    tag = getattr(torch.Tag, "inplace", None)
    if tag is None:
        return None
    found = set()
    for full in torch._C._dispatch_get_all_op_names():
        name, _, overload = full.partition(".")
        if not name.startswith("aten::"):
            continue
        op = torch._C._get_operation_overload(name, overload)  # asking torch.ops for each takes ten times as long
        if op is not None and tag in op[2]:
            found.add(name.removeprefix("aten::"))
    return found
