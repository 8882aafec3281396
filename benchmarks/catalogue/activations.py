"""Activations: the functional forms with an `inplace=` flag, as models call them. One line a pair."""

from torch.nn import functional

from benchmarks.catalogue.pair import flagged

PAIRS = (
    flagged(functional.celu),
    flagged(functional.elu),
    flagged(functional.hardsigmoid),
    flagged(functional.hardswish),
    flagged(functional.hardtanh),
    flagged(functional.leaky_relu),
    flagged(functional.mish),
    flagged(functional.relu),
    flagged(functional.relu6),
    flagged(functional.rrelu),  # in evaluation mode: without noise
    flagged(functional.selu),
    flagged(functional.silu),
    flagged(functional.threshold, name="threshold", args=(0.5, -0.5)),
)
