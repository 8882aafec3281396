"""A hazard: a minimal program, its true gradient computed another way, what to write instead; and its status here."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from benchmarks.autograd.evidence import (
    NotAvailable,
    Tensors,
    numbers,
    place,
    program_error_text,
    source,
    source_file,
)
from benchmarks.autograd.record.findings import FIXED, NOT_AVAILABLE, RAISES, SILENT, HazardRow, Outcome
from benchmarks.measure.machine_errors import is_the_machines
from benchmarks.record.reason import filled_lines

#: A gradient that differs from the true one by more than this share is wrong. float16, the coarsest dtype here, rounds
#: to 5e-4.
TOLERANCE = 1e-3
ROUNDING = 1e-10  #: largest value that counts as a gradient of zero

Program = Callable[[str], Tensors]  #: device -> the gradients obtained


@dataclass(frozen=True)
class Hazard:
    """One hazard. `program` runs it; `truth` has the right gradients in float64, from a formula or out-of-place."""

    name: str
    title: str
    kind: str  #: SILENT, RAISES or GUARD: see findings.KINDS
    program: Program
    truth: Program
    last_known: str
    last_known_torch: str = "2.13.0"  #: the torch on which `last_known` was seen
    reference: str = ""
    instead: str = ""
    rewrite: Program | None = None
    beside: tuple[tuple[str, Program], ...] = ()  #: other versions of the program, by what differs
    isolated: bool = False  #: may abort or hang: runs in its own process
    limit_s: float = 120.0  #: time limit of that process


def examine_hazard(hazard: Hazard, device: str) -> HazardRow:
    """Run a hazard's program, its other versions and its rewrite, and compare each with the true gradient."""
    true, why = _truth(hazard, device)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        main = _outcome("", hazard.program, true, why, device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        beside = tuple(_outcome(what, program, true, why, device) for what, program in hazard.beside)
        rewrite = _outcome(hazard.instead, hazard.rewrite, true, why, device) if hazard.rewrite else None
    spoken = [w for w in warned if issubclass(w.category, UserWarning)]  # without deprecations inside torch
    lines = {": ".join([w.category.__name__, *filled_lines(w.message)[:1]])[:300] for w in spoken}
    return HazardRow(
        **description(hazard),
        status=main.status,
        true="" if true is None else numbers(true),
        obtained=main.obtained,
        reason=main.reason,
        warned=tuple(sorted(lines)),
        rewrite=rewrite,
        beside=beside,
    )


def row_without_answer(hazard: Hazard, status: str, reason: str) -> HazardRow:
    """The row of a hazard that returned none itself."""
    return HazardRow(
        **description(hazard), status=status, true="", obtained="", reason=reason, warned=(), rewrite=None, beside=()
    )


def description(hazard: Hazard) -> dict:
    """The fields of a row that do not depend on the result."""
    return {
        "name": hazard.name,
        "title": hazard.title,
        "kind": hazard.kind,
        "reference": hazard.reference,
        "last_known": hazard.last_known,
        "last_known_torch": hazard.last_known_torch,
        "instead": hazard.instead,
        "place": place(hazard.program),
        "program": source(hazard.program),
        "rewrite_program": source(hazard.rewrite) if hazard.rewrite else "",
        "file": source_file(hazard.program),
        "function": getattr(hazard.program, "__name__", ""),
    }


def _truth(hazard: Hazard, device: str) -> tuple[Tensors, str]:
    try:
        return hazard.truth(device), ""
    except Exception as error:  # nothing can be judged then, and the reason says so
        return None, f"the true gradient could not be computed: {program_error_text(error)}"


def _outcome(what: str, program: Program, true: Tensors, why: str, device: str) -> Outcome:
    if why:
        return Outcome(what, NOT_AVAILABLE, "", why)
    try:
        obtained = program(device)
    except NotAvailable as error:
        return Outcome(what, NOT_AVAILABLE, "", str(error))
    except (RuntimeError, ValueError, IndexError) as error:
        # An optimizer that lacks a fused step for this device raises before anything runs.
        lacking = "`fused=True` requires" in str(error) or is_the_machines(error)
        return Outcome(what, NOT_AVAILABLE if lacking else RAISES, "", program_error_text(error))
    except Exception as error:  # torch lacks that function or argument, or the program is wrong: not a refusal
        return Outcome(what, NOT_AVAILABLE, "", program_error_text(error))
    return Outcome(what, FIXED if agree(obtained, true) else SILENT, numbers(obtained), "")


def agree(obtained: Tensors, true: Tensors) -> bool:
    """Whether gradients equal the true ones; no gradient equals zeros."""
    obtained, true = _several(obtained), _several(true)
    return len(obtained) == len(true) and all(map(_agree, obtained, true))


def _several(tensors: Tensors) -> Sequence[torch.Tensor | None]:
    return [tensors] if tensors is None or isinstance(tensors, torch.Tensor) else tensors


def _agree(obtained: torch.Tensor | None, true: torch.Tensor | None) -> bool:
    assert true is not None, "a true gradient is a tensor"
    true = true.detach().cpu().double()
    obtained = torch.zeros_like(true) if obtained is None else obtained.detach().cpu().double()
    return obtained.shape == true.shape and torch.allclose(obtained, true, rtol=TOLERANCE, atol=ROUNDING)
