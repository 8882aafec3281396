"""The matrix: asks each pair each question, one cell at a time."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.autograd.record.safety import BACKENDS, COMPILED, NO_CASE, NOT_ASKED, WORKS, WRONG, SafetyCell
from benchmarks.autograd.safety import compiled, derivatives, situations
from benchmarks.autograd.safety.delicate import delicate
from benchmarks.autograd.safety.precision import agreement
from benchmarks.autograd.safety.refusals import NoCaseError, no_case_on_machine_error
from benchmarks.autograd.safety.tiny_pair import TinyPair, tiny_pair, usual_dtype
from benchmarks.catalogue.pair import Pair


@dataclass(frozen=True)
class Probe:
    """The function that fills a cell, and its operands: their dtype, and whether `other` requires grad."""

    run: Callable[[TinyPair], SafetyCell]
    dtype: str = "float32"
    other_requires_grad: bool = False
    side_by_side: bool = True  #: it compares values or gradients of both variants


#: By column.
PROBES = {
    "leaf": Probe(situations.leaf),
    "nonleaf": Probe(situations.nonleaf),
    "after_saver": Probe(situations.after_saver),
    "itself": Probe(situations.itself),
    "view": Probe(situations.view),
    "expanded": Probe(situations.expanded),
    "chunk": Probe(situations.chunk),
    "overlapping": Probe(situations.overlapping),
    "growth": Probe(situations.growth),
    "promotion": Probe(situations.promotion),
    "first": Probe(derivatives.first, "float64", other_requires_grad=True, side_by_side=False),
    "second": Probe(derivatives.second, "float64", other_requires_grad=True, side_by_side=False),
    "agreement": Probe(agreement, other_requires_grad=True),
    "delicate": Probe(delicate, other_requires_grad=True),
    "forward_ad": Probe(derivatives.forward_mode),
    "vmap": Probe(derivatives.vmap),
    "func_grad": Probe(derivatives.func_grad),
    **{backend: Probe(partial(compiled.plain, backend=backend)) for backend in BACKENDS},
    **{
        f"{backend}_{situation}": Probe(partial(probe, backend=backend))
        for backend in BACKENDS
        for situation, probe in (
            ("view", compiled.on_views),
            ("itself", compiled.with_itself),
            ("overlapping", compiled.on_overlap),
        )
    },
    "version": Probe(derivatives.version, side_by_side=False),
}


def examine_cell(pair: Pair, column: str, device: str, compile_too: bool) -> SafetyCell:
    """Fill one cell. An error of torch is an answer; missing features and memory give the reason of an empty cell.

    The caller must notice a process that dies or hangs.
    """
    if column in COMPILED and not compile_too:
        return SafetyCell(NO_CASE, NOT_ASKED)
    if column.startswith("inductor") and (lacking := _lacks_compiler(device)):
        return SafetyCell(NO_CASE, lacking)
    probe = PROBES[column]
    try:
        with no_case_on_machine_error():
            dtype = usual_dtype(pair, probe.dtype, device)
            cell = probe.run(tiny_pair(pair, dtype, device, other_requires_grad=probe.other_requires_grad))
    except NoCaseError as error:
        return SafetyCell(NO_CASE, str(error))
    except (AttributeError, ImportError) as error:
        return SafetyCell(NO_CASE, f"this torch lacks it: {error}")
    if probe.side_by_side and cell.status in (WORKS, WRONG) and pair.own_draws(device):
        return SafetyCell(NO_CASE, "draws other numbers on CUDA")
    return cell


def _lacks_compiler(device: str) -> str:
    """What inductor needs here and cannot find; "" if it finds all."""
    if not any(map(shutil.which, ("c++", "g++", "clang++"))):
        return "no C++ compiler here"
    if device == "cpu":
        return ""
    from torch.utils._triton import has_triton

    return "" if has_triton() else f"no Triton here for {device}"
