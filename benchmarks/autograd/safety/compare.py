"""A situation run with both variants: the same values and gradients, another result, or an error?"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

from benchmarks.autograd.record.safety import NO_CASE, NOT_IMPLEMENTED, RAISES, WORKS, WRONG, SafetyCell
from benchmarks.autograd.safety.refusals import Errors, one_line, refusal
from benchmarks.autograd.safety.tiny_pair import TinyPair
from benchmarks.tensors import sample

#: Relative difference up to which results and gradients count as equal, by dtype: another formula rounds differently.
CLOSE = {torch.float64: 1e-9, torch.float32: 2e-5, torch.complex64: 2e-5}

#: Results or gradients; None if there is no gradient.
Tensors = Sequence[torch.Tensor | None]

#: A situation, as a function of leaves that returns the tensors to compare; one for each variant.
Situation = Callable[[list[torch.Tensor]], Sequence[torch.Tensor]]

#: Replaces any larger or infinite relative difference.
FAR = 1e12


def compare_situations(tiny: TinyPair, inplace: Situation, outofplace: Situation) -> SafetyCell:
    """Both situations on equal leaves: compare results and gradients."""
    return compare_results(lambda: _results(tiny, outofplace), lambda: _results(tiny, inplace))


def compare_results(
    outofplace: Callable[[], Tensors],
    inplace: Callable[[], Tensors],
    verdict: Callable[[Tensors, Tensors], SafetyCell] | None = None,
) -> SafetyCell:
    """Compare the results of the in-place variant with the out-of-place ones; an error is an answer."""
    with without_warnings():
        try:
            expected: Tensors | Exception = outofplace()
        except Errors as error:
            expected = refusal(error)
        try:
            got = inplace()
        except Errors as error:
            return failure_cell(refusal(error), also=isinstance(expected, Exception))
    if isinstance(expected, Exception):
        return SafetyCell(NO_CASE, f"out-of-place raises: {one_line(expected)}")
    return (verdict or difference_cell)(expected, got)


def difference_cell(expected: Tensors, got: Tensors) -> SafetyCell:
    """Results and gradients of the two variants: the same, or their difference."""
    if len(expected) != len(got):
        return SafetyCell(WRONG, f"{len(got)} results for {len(expected)}")
    worst = 0.0
    for a, b in zip(expected, got, strict=True):
        worst = max(worst, largest_relative_difference(a, b))
    if worst == 0.0:
        return SafetyCell(WORKS, error=0.0)
    return SafetyCell(WORKS if worst <= limit(*expected, *got) else WRONG, error=worst)


def limit(*tensors: torch.Tensor | None) -> float:
    """The relative difference up to which they count as equal."""
    return max((CLOSE.get(t.dtype, 0.0) for t in tensors if t is not None), default=0.0)


def largest_relative_difference(a: torch.Tensor | None, b: torch.Tensor | None) -> float:
    """Largest relative difference. None counts as a zero gradient; NaN equals NaN; other shapes give FAR."""
    if a is None or b is None:
        some = b if a is None else a
        return 0.0 if some is None or not some.any() else 1.0
    if a.shape != b.shape:
        return FAR
    return float(relative_differences(a, b, smallest=1e-6).max()) if a.numel() else 0.0


def relative_differences(a: torch.Tensor, b: torch.Tensor, smallest: float) -> torch.Tensor:
    """Elementwise relative differences; NaN equals NaN; magnitudes below `smallest` count as `smallest`."""
    wide = torch.complex128 if a.is_complex() or b.is_complex() else torch.float64
    a, b = a.to(wide), b.to(wide)
    relative = (a - b).abs() / torch.maximum(a.abs(), b.abs()).clamp_min(smallest)
    same = (a == b) | (a.isnan() & b.isnan())
    return torch.where(same, 0.0, relative.nan_to_num(nan=FAR, posinf=FAR)).clamp_max(FAR)


def failure_cell(error: Exception, also: bool) -> SafetyCell:
    """The cell for an error of the in-place variant; `also`: out-of-place raises too."""
    text = one_line(error) + (" (out-of-place raises too)" if also else "")
    missing = isinstance(error, NotImplementedError) or "not implemented" in text or "not yet support" in text
    return SafetyCell(NOT_IMPLEMENTED if missing else RAISES, text)


def _results(tiny: TinyPair, situation: Situation) -> list[torch.Tensor | None]:
    leaves = tiny.leaves()
    outs = list(situation(leaves))
    return [*(t.detach() for t in outs), *gradients(outs, [t for t in leaves if t.requires_grad])]


def gradients(outs: Sequence[torch.Tensor], leaves: Sequence[torch.Tensor]) -> Tensors:
    """The gradients of the leaves, from a random upstream gradient."""
    parts = [t for t in outs if t.requires_grad]
    if not parts or not leaves:
        return [None] * len(leaves)
    upstream = [sample("real", t.shape, t.dtype, t.device, f"upstream {i}") for i, t in enumerate(parts)]
    return torch.autograd.grad(parts, leaves, upstream, allow_unused=True)


@contextmanager
def without_warnings() -> Iterator[None]:
    """Suppress torch's warnings about slow paths and beta ops."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
