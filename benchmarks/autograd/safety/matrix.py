"""The matrix: each pair put to each question, one cell at a time."""

import shutil
from collections.abc import Callable
from functools import partial

from benchmarks.autograd.safety import derivatives, situations
from benchmarks.autograd.safety.cells import NO_CASE, QUESTIONS, Cell
from benchmarks.autograd.safety.comparing import NoCaseError
from benchmarks.autograd.safety.forms import Forms, forms_of, usual_dtype
from benchmarks.catalogue.pair import Pair

#: By column: the probe, and the dtype it asks for where the pair takes it.
PROBES: dict[str, tuple[Callable[[Forms], Cell], str]] = {
    "leaf": (situations.leaf, "float32"),
    "nonleaf": (situations.nonleaf, "float32"),
    "after_saver": (situations.after_saver, "float32"),
    "itself": (situations.itself, "float32"),
    "view": (situations.view, "float32"),
    "expanded": (situations.expanded, "float32"),
    "chunk": (situations.chunk, "float32"),
    "overlapping": (situations.overlapping, "float32"),
    "growth": (situations.growth, "float32"),
    "promotion": (situations.promotion, "float32"),
    "first": (derivatives.first, "float64"),
    "second": (derivatives.second, "float64"),
    "agreement": (derivatives.agreement, "float32"),
    "forward_ad": (derivatives.forward_mode, "float32"),
    "vmap": (derivatives.vmap, "float32"),
    "func_grad": (derivatives.func_grad, "float32"),
    "aot_eager": (partial(derivatives.compiled, backend="aot_eager"), "float32"),
    "inductor": (partial(derivatives.compiled, backend="inductor"), "float32"),
    "version": (derivatives.version, "float32"),
}
assert tuple(PROBES) == tuple(QUESTIONS)

#: The columns that take seconds a pair.
COMPILED = ("aot_eager", "inductor")


def examine(pair: Pair, column: str, device: str, compile_too: bool) -> Cell:
    """One cell. Whatever a probe raises is an answer; a process that dies or hangs is the caller's to see."""
    if column in COMPILED and not compile_too:
        return Cell(NO_CASE, "not asked for (--compile)")
    if column == "inductor" and device == "cpu" and not any(map(shutil.which, ("c++", "g++", "clang++"))):
        return Cell(NO_CASE, "no C++ compiler here")
    probe, dtype = PROBES[column]
    try:
        return probe(forms_of(pair, usual_dtype(pair, dtype, device), device))
    except NoCaseError as error:
        return Cell(NO_CASE, str(error))
