"""Checks on any device: an op does not differ from itself, a planted difference is found, and bytes are exact."""

import functools
import math
import random
import statistics
import zlib
from collections.abc import Callable, Mapping
from operator import methodcaller

import torch

from benchmarks.inputs import Subject
from benchmarks.measure.clock import Clock
from benchmarks.measure.memory import measure_memory
from benchmarks.measure.rounds import Budget, run_rounds
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS, block_log_ratios
from benchmarks.selftest import known_bytes
from benchmarks.selftest.checks import Check
from benchmarks.selftest.planted_pairs import repeat

Operation = Callable[[torch.Tensor], torch.Tensor]

#: A kernel that moves bytes, one that computes, and one with an operand, each in both variants.
OPERATIONS: tuple[Operation, ...] = (
    *(methodcaller("relu"), methodcaller("relu_"), methodcaller("exp"), methodcaller("exp_")),
    *(methodcaller("mul", 1.5), methodcaller("mul_", 1.5)),
)
#: Seconds of rounds per trial; trials per question.
TRIAL_S, TRIALS = 0.15, 9
SIZES = (2**10, 2**18, 2**22)
#: The largest apparent difference of an op from itself: in the median trial, and in any trial.
MEDIAN_ERROR, LARGEST_ERROR = 0.01, 0.05
#: A planted difference of 5 % counts as found if the median trial is within these bounds.
PLANTED = (105, 100)
PLANTED_BOUNDS = (1.03, 1.07)


def instrument_checks(device: str, make_clock: Callable[[str], Clock]) -> tuple[Check, ...]:
    """Return the checks of `device`. `make_clock` makes the clock that times it."""
    return (
        Check("same", "an op does not differ from itself", lambda: _same(device, make_clock(device))),
        Check("planted", "5 % more work is found", lambda: _planted(device, make_clock(device))),
        Check("bytes", "bytes are exact", lambda: _bytes(device)),
    )


def _subjects(device: str, numel: int, calls: Mapping[str, Operation]) -> dict[str, Subject]:
    generator = torch.Generator(device).manual_seed(zlib.crc32(b"selftest"))
    base = torch.rand(numel, device=device, generator=generator).add_(0.5)
    return {variant: Subject(base.clone, call, None) for variant, call in calls.items()}


def _log_speedup(device: str, clock: Clock, numel: int, outofplace: Operation, inplace: Operation, seed: int) -> float:
    subjects = _subjects(device, numel, {OUTOFPLACE: outofplace, INPLACE: inplace})
    with torch.no_grad():
        rounds = run_rounds(subjects, "inference", clock, Budget(TRIAL_S, 0.0), random.Random(seed))
    if clock.unheld:
        raise RuntimeError(f"rounds at {numel:,} elements are not held: {clock.unheld}")
    return statistics.median(block_log_ratios(rounds.times_s[OUTOFPLACE], rounds.times_s[INPLACE]))


def _same(device: str, clock: Clock) -> tuple[bool, str]:
    errors = [
        abs(_log_speedup(device, clock, numel, function, function, seed))
        for numel in SIZES
        for seed, function in enumerate(OPERATIONS)
    ]
    middle, largest = statistics.median(errors), max(errors)
    seen = f"off by {middle:.2%} in the median, {largest:.2%} at most, in {len(errors)} trials"
    return middle <= MEDIAN_ERROR and largest <= LARGEST_ERROR, seen


def _planted(device: str, clock: Clock) -> tuple[bool, str]:
    negate = methodcaller("neg_")
    more, fewer = (repeat(negate, times) for times in PLANTED)
    speedups = [math.exp(_log_speedup(device, clock, 2**16, more, fewer, seed)) for seed in range(TRIALS)]
    middle = statistics.median(speedups)
    seen = f"{middle:.3f}x in the median of {TRIALS} trials, {min(speedups):.3f}x to {max(speedups):.3f}x"
    return PLANTED_BOUNDS[0] <= middle <= PLANTED_BOUNDS[1], seen


def _bytes(device: str) -> tuple[bool, str]:
    """Count the bytes of functions that allocate known bytes, at an odd size and at a large one."""
    wrong, counted = [], 0
    for pair in known_bytes.PAIRS:
        for numel in (1_000_003, 2**22):
            leaf = torch.ones(numel, device=device, requires_grad=True)
            upstream = torch.ones(numel, device=device)
            for variant in VARIANTS:
                truth = known_bytes.TRUTH[pair.name, variant]
                backward = functools.partial(_gradient, leaf, upstream)
                seen = measure_memory(leaf.clone, pair.bind(variant), backward, device)
                expected = tuple(count(4 * numel) for count in (truth.peak, truth.held, truth.step_peak))
                counted += 1
                if (seen.forward_peak_bytes, seen.held_bytes, seen.step_peak_bytes) != expected:
                    wrong.append(f"{pair.name} {variant} at {numel:,}: {seen}, not {expected}")
    return not wrong, wrong[0] if wrong else f"{counted} of {counted} counts of known allocations"


def _gradient(leaf: torch.Tensor, upstream: torch.Tensor, result: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return torch.autograd.grad(result, leaf, upstream)
