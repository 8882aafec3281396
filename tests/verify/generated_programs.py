"""Generates small programs in two variants, with or without a planted fault, and counts how often checks find it.

`python -m tests.verify.generated_programs 500` generates 500 with a fault and 500 without.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from benchmarks.catalogue import Pair
from benchmarks.catalogue.scenarios import Scenario
from benchmarks.measure.memory import measure_memory
from benchmarks.measure.rounds import quiet_collector
from benchmarks.record import USER, VARIANTS, Case
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.prepare import check_case, prepare

ROWS, COLUMNS = 16, 24
FAULTS = (
    "does nothing",
    "wrong slice",
    "wrong constant",
    "wrong second result",
    "wrong state",
    "leaks",
    "wrong gradient",
)

#: Out-of-place and in-place, for a tensor and a constant between 0.3 and 0.9. Each changes its input.
STEPS: Sequence[tuple[Callable, Callable]] = (
    (lambda x, c: x * c, lambda x, c: x.mul_(c)),
    (lambda x, c: x + c, lambda x, c: x.add_(c)),
    (lambda x, c: x.neg() + c, lambda x, c: x.neg_().add_(c)),
    (lambda x, c: (x * c).tanh(), lambda x, c: x.mul_(c).tanh_()),
    (lambda x, c: (x + c).sigmoid(), lambda x, c: x.add_(c).sigmoid_()),
    (lambda x, c: x / (1 + c), lambda x, c: x.div_(1 + c)),
    (lambda x, c: x - c * 3, lambda x, c: x.sub_(c * 3)),
    (lambda x, c: torch.relu(x) + c, lambda x, c: x.relu_().add_(c)),
)


@dataclass(frozen=True)
class Step:
    """One step of a chain, on all rows or a range of them."""

    kind: int
    constant: float
    rows: tuple[int, int] | None

    def outofplace(self, x: torch.Tensor) -> torch.Tensor:
        function = STEPS[self.kind][0]
        if self.rows is None:
            return function(x, self.constant)
        start, end = self.rows
        return torch.cat([x[:start], function(x[start:end], self.constant), x[end:]])

    def inplace(self, x: torch.Tensor) -> torch.Tensor:
        STEPS[self.kind][1](x if self.rows is None else x[slice(*self.rows)], self.constant)
        return x


class _Scaled(torch.autograd.Function):
    """The identity, whose gradient is off by a factor."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.factor, None


def _chain(draw: random.Random) -> list[Step]:
    steps = []
    for _ in range(draw.randint(1, 4)):
        start = draw.randrange(ROWS - 4)
        rows = (start, start + draw.randint(2, 4)) if draw.random() < 0.4 else None
        steps.append(Step(draw.randrange(len(STEPS)), round(draw.uniform(0.3, 0.9), 2), rows))
    return steps


def _faulty(draw: random.Random, steps: list[Step], fault: str) -> list[Step]:
    """The steps of the in-place variant."""
    place = draw.randrange(len(steps))
    step = steps[place]
    if fault == "does nothing":
        return []
    if fault == "wrong constant":
        step = replace(step, constant=step.constant + draw.choice((-0.1, 0.05, 0.3)))
    elif fault == "wrong slice":
        start, end = step.rows or (0, ROWS)
        step = replace(step, rows=(start + 1, end) if draw.random() < 0.5 else (start, end - 1))
    return [*steps[:place], step, *steps[place + 1 :]]


def program(seed: int, fault: str | None) -> Pair | Scenario:
    """A pair or a scenario; for one seed the out-of-place variant is the same with any fault."""
    draw = random.Random(seed)
    steps = _chain(draw)
    wrong = _faulty(draw, steps, fault) if fault else steps
    kept: list[torch.Tensor] = []
    factor = draw.choice((0.5, 0.9, 2.0, -1.0)) if fault == "wrong gradient" else 1.0

    def end(x: torch.Tensor, variant: str) -> torch.Tensor:
        if fault == "leaks" and variant == "inplace":
            kept.append(x.detach()[: ROWS // 2].clone())
        return x

    def outofplace(x: torch.Tensor) -> torch.Tensor:
        for step in steps:
            x = step.outofplace(x)
        return end(x, "outofplace")

    def inplace(x: torch.Tensor) -> torch.Tensor:
        for step in wrong:
            x = step.inplace(x)
        return end(x, "inplace")

    if fault == "wrong second result" or (fault in (None, "leaks", "wrong gradient") and seed % 3 == 0):
        return _scenario(outofplace, inplace, draw, fault, factor)
    return _pair(outofplace, inplace, draw, fault, factor)


def _pair(outofplace: Callable, inplace: Callable, draw: random.Random, fault: str | None, factor: float) -> Pair:
    has_state = fault == "wrong state" or draw.random() < 0.3

    def with_state(call: Callable, writes: float) -> Callable:
        def called(x: torch.Tensor, *state: torch.Tensor) -> torch.Tensor:
            x = call(_Scaled.apply(x, factor) if factor != 1.0 else x)
            if state:
                state[0].copy_(x.detach().mean(0) * writes)
            return x

        return called

    off = draw.choice((0.0, 0.99, 2.0)) if fault == "wrong state" else 1.0
    return Pair(
        "generated",
        outofplace=with_state(outofplace, 1.0),
        inplace=with_state(inplace, off),
        shape=(ROWS, COLUMNS),
        setup=(lambda x: torch.zeros(COLUMNS)) if has_state else None,
        code=("outofplace(x)", "inplace(x)"),
    )


def _scenario(
    outofplace: Callable, inplace: Callable, draw: random.Random, fault: str | None, factor: float
) -> Scenario:
    off = draw.choice((0.9, 1.5)) if fault == "wrong second result" else 1.0

    class Variant(torch.nn.Module):
        def __init__(self, call: Callable, second: float) -> None:
            super().__init__()
            self.linear, self.call, self.second = torch.nn.Linear(COLUMNS, COLUMNS), call, second

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
            h = self.linear(x)
            h = self.call(_Scaled.apply(h, factor) if factor != 1.0 else h)
            return h, [h.sum(0) * self.second]

    return Scenario(
        "generated",
        lambda: Variant(outofplace, 1.0),
        lambda: Variant(inplace, off),
        shape=(ROWS, COLUMNS),
        grad_input=True,
    )


def judged(declared: Pair | Scenario) -> str | None:
    """What a run finds wrong with a program: the reason of a refusal, or a leak; None where it finds nothing.

    To be called within `quiet_collector`, as in a pass.
    """
    for phase in ("inference", "step"):
        scale = declared.scales[0] if isinstance(declared, Scenario) else 0
        shape = (ROWS, COLUMNS)
        case = Case(
            USER,
            declared.name,
            phase,
            ROWS * COLUMNS,
            shape,
            "float32",
            "contiguous",
            "none",
            False,
            "cpu",
            "inherited",
            1,
            scale,
        )
        prepared = prepare(declared, case)
        try:
            check_case(prepared)
        except (Disagreement, RuntimeError) as error:
            if "modified by an inplace operation" in str(error):
                continue  # torch's own refusal of a right program
            return str(error)
        with torch.set_grad_enabled(case.records_graph):
            for variant in VARIANTS:
                subject = prepared.subjects[variant]
                leaked = measure_memory(subject.restore, subject.call, subject.backward, "cpu").leaked_bytes
                if leaked:
                    return f"leaks {leaked} B"
    return None


def counts(each: int, first_seed: int = 0) -> Counter:
    """How many of `each` programs with a fault are caught or missed, by fault; how many of `each` without, refused."""
    found: Counter = Counter()
    with quiet_collector():
        for seed in range(first_seed, first_seed + each):
            fault = FAULTS[seed % len(FAULTS)]
            found[fault, "caught" if judged(program(seed, fault)) else "missed"] += 1
            found["none", "refused" if judged(program(seed, None)) else "passed"] += 1
    return found


if __name__ == "__main__":
    for (what, became), count in sorted(counts(int(sys.argv[1])).items()):
        print(f"{what}: {count} {became}")
