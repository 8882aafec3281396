"""Do the two forms of a scenario do the same work: outputs, gradients, what they update, what they write?"""

import math
from collections.abc import Callable, Sequence

import torch

from benchmarks.record import PROSE, VARIANTS
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.writes import undeclared_writes
from benchmarks.workload import Workload, flat


def check_scenario(workload: Workload, watch: bool = True) -> float | None:
    """The largest error of the in-place form's values, gradients and state, as a share of a tensor's largest magnitude.

    Disagreement where it exceeds the scenario's tolerance, where numbers are not finite, or where a form writes what
    is not its own. `watch`: run both once more to see every tensor that is written; not needed at another scale.
    None where a GPU draws other random numbers for an in-place dropout than for the other: in training, only shapes
    can be compared.
    """
    before = workload.base.detach().clone()
    # In this order: results of other shapes have no gradient by the same upstream, and the last call leaves the state.
    error = max(
        _compared(workload, "values", _values),
        _compared(workload, "gradients", _gradients),
        _compared_state(workload),
    )
    if not torch.equal(workload.base.detach(), before):
        raise Disagreement("a form writes the input that both share, not the copy it is given")
    for variant in VARIANTS if watch and workload.pair.watch else ():
        if written := undeclared_writes(workload, variant):
            raise Disagreement(f"the {PROSE[variant]} form: {written[0]}: only its input and its state may be written")
    return None if _draws_differ(workload) else error


def _compared(workload: Workload, quantity: str, read: Callable[[Workload, str], list[torch.Tensor]]) -> float:
    with torch.set_grad_enabled(workload.case.records_graph):
        expected, actual = (read(workload, variant) for variant in VARIANTS)
    return _error(quantity, expected, actual, _tolerance(workload))


def _compared_state(workload: Workload) -> float:
    expected, actual = (_copied(workload.forms[variant].state) for variant in VARIANTS)
    if len(expected) != len(actual):
        return 0.0  # variants may keep different things; what counts of them is in their results
    return _error("state", expected, actual, _tolerance(workload))


def _tolerance(workload: Workload) -> float:
    return math.inf if _draws_differ(workload) else workload.pair.tolerance


def _draws_differ(workload: Workload) -> bool:
    """Whether the variants draw different numbers: dropout on CUDA, whose modules draw none in eval mode."""
    return workload.pair.random and workload.case.records_graph and workload.case.device.startswith("cuda")


def _values(workload: Workload, variant: str) -> list[torch.Tensor]:
    subject = workload.subjects[variant]
    results = _copied(flat(subject.call(subject.restore())))
    if not results:
        raise Disagreement(f"the {PROSE[variant]} form returns no tensor: return tensors, or a list or tuple of them")
    return results


def _gradients(workload: Workload, variant: str) -> list[torch.Tensor]:
    """Of the leaves, and behind them what a step updated."""
    subject = workload.subjects[variant]
    if subject.backward is None:
        return []
    return _copied(subject.backward(subject.call(subject.restore())))


def _copied(some: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [t.detach().clone() for t in some]


def _error(quantity: str, expected: list[torch.Tensor], actual: list[torch.Tensor], tolerance: float) -> float:
    if [(a.shape, a.dtype) for a in expected] != [(b.shape, b.dtype) for b in actual]:
        raise Disagreement(f"{quantity}: {_shapes(expected)} out-of-place, {_shapes(actual)} in-place")
    worst = 0.0
    for a, b in zip(expected, actual, strict=True):
        if not (torch.isfinite(a).all() and torch.isfinite(b).all()):
            raise Disagreement(f"{quantity} not finite")
        if not torch.equal(a, b):
            a, b = a.double(), b.double()
            worst = max(worst, ((a - b).abs().max() / a.abs().max().clamp_min(torch.finfo(torch.float32).tiny)).item())
    if worst > tolerance:
        raise Disagreement(f"{quantity} differ between the forms, by up to {worst:.2g} of the largest")
    return worst


def _shapes(some: list[torch.Tensor]) -> str:
    return ", ".join(f"{str(t.dtype).removeprefix('torch.')} {tuple(t.shape)}" for t in some[:4]) or "nothing"
