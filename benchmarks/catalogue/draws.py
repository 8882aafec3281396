"""What a random op must draw, to check a variant by itself where the other variant draws different numbers."""

import math
from dataclasses import dataclass

import torch

#: Relative difference in epsilons of the dtype: 1 / (1 - p) and its product with x are each rounded by half an epsilon.
ROUNDING = 2.0
#: Standard deviations that the share of zeros may be off: chance exceeds it once in 500 million draws.
SIGMAS = 6.0


@dataclass(frozen=True)
class Dropped:
    """Each element is dropped (0) with probability p, 0 < p < 1, otherwise scaled by 1 / (1 - p).

    Zeros show what was dropped, so input and upstream gradient must have none.
    """

    p: float

    def wrong_values(self, x: torch.Tensor, result: torch.Tensor) -> str | None:
        """What is wrong with a variant's result for an input; None if it is right."""
        if result.shape != x.shape or result.dtype != x.dtype:
            return f"returns {result.dtype} {tuple(result.shape)} for {x.dtype} {tuple(x.shape)}"
        kept = result != 0
        if not self._is_scaled(x, kept, result):
            return "has values that are neither 0 nor x / (1 - p)"
        share = 1 - int(kept.count_nonzero()) / kept.numel()
        if abs(share - self.p) > SIGMAS * math.sqrt(self.p * (1 - self.p) / kept.numel()):
            return f"drops {share:.3g} of its elements, not {self.p:g}"
        return None

    def wrong_gradient(self, result: torch.Tensor, upstream: torch.Tensor, gradient: torch.Tensor) -> str | None:
        """What is wrong with the input's gradient for that result; None if it is right."""
        kept = result != 0
        if not torch.equal(gradient != 0, kept):
            return "has gradients by another mask than its values"
        if not self._is_scaled(upstream, kept, gradient):
            return "has gradients that are not upstream / (1 - p) where its values are kept"
        return None

    def _is_scaled(self, x: torch.Tensor, kept: torch.Tensor, actual: torch.Tensor) -> bool:
        expected = torch.where(kept, x / (1 - self.p), 0)
        return torch.allclose(actual, expected, rtol=ROUNDING * torch.finfo(x.dtype).eps, atol=0.0)
