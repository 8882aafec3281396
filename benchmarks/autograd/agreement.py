"""Do the two forms of a scenario do the same work: outputs, gradients, what they update, what they write?"""

from collections.abc import Sequence

import torch

from benchmarks.autograd.equivalence import Disagreement
from benchmarks.autograd.writes import undeclared_writes
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS
from benchmarks.workload import Workload, flat

PROSE = {OUTOFPLACE: "out-of-place", INPLACE: "in-place"}


def check(workload: Workload, watch: bool = True) -> float:
    """The largest error of the in-place form's values, gradients and state, as a share of a tensor's largest magnitude.

    Disagreement where it exceeds the scenario's tolerance, where numbers are not finite, or where a form writes what
    is not its own. `watch`: run both once more to see every tensor that is written; not needed at another scale.
    """
    before = workload.base.detach().clone()
    found = {variant: _run(workload, variant) for variant in VARIANTS}
    if not torch.equal(workload.base.detach(), before):
        raise Disagreement("a form writes the input that both share, not the copy it is given")
    error = 0.0
    for what, expected in found[OUTOFPLACE].items():
        error = max(error, _error(what, expected, found[INPLACE][what], workload.pair.tolerance))
    for variant in VARIANTS if watch else ():
        if written := undeclared_writes(workload, variant):
            raise Disagreement(f"the {PROSE[variant]} form: {written[0]}: only its input and its state may be written")
    return error


def _run(workload: Workload, variant: str) -> dict[str, list[torch.Tensor]]:
    """What one form computes, copied before anything can write over it."""
    subject = workload.subjects[variant]
    with torch.set_grad_enabled(workload.records_graph):
        result = subject.call(subject.restore())
        values = _copied(flat(result))
        gradients = _copied(subject.backward(result)) if subject.backward is not None else []
    return {"values": values, "gradients": gradients, "state": _copied(workload.forms[variant].state)}


def _copied(some: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [t.detach().clone() for t in some]


def _error(what: str, expected: list[torch.Tensor], actual: list[torch.Tensor], tolerance: float) -> float:
    if what == "state" and len(expected) != len(actual):
        return 0.0  # forms may keep different things; what counts of them is in their results
    if [(a.shape, a.dtype) for a in expected] != [(b.shape, b.dtype) for b in actual]:
        raise Disagreement(f"{what}: {_shapes(expected)} out-of-place, {_shapes(actual)} in-place")
    worst = 0.0
    for a, b in zip(expected, actual, strict=True):
        if not (torch.isfinite(a).all() and torch.isfinite(b).all()):
            raise Disagreement(f"{what} not finite")
        if not torch.equal(a, b):
            a, b = a.double(), b.double()
            worst = max(worst, ((a - b).abs().max() / a.abs().max().clamp_min(torch.finfo(torch.float32).tiny)).item())
    if worst > tolerance:
        raise Disagreement(f"{what} differ between the forms, by up to {worst:.2g} of the largest")
    return worst


def _shapes(some: list[torch.Tensor]) -> str:
    return ", ".join(f"{str(t.dtype).removeprefix('torch.')} {tuple(t.shape)}" for t in some[:4]) or "nothing"
