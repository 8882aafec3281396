"""The machine's own limits, measured in the run: bandwidth at a tensor size, and the cost of the cheapest call.

They are timed by the clock that times the ops, so that both have the same overhead. A ceiling is an optimistic number:
the best of several medians of short rounds, on mapped memory, as warm in the caches as its size allows. Bytes are those
that the program asks to read and write: a store that first fetches its line moves more.
"""

import operator
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from benchmarks.inputs import Subject
from benchmarks.measure.clock import Clock
from benchmarks.measure.clocks import make_clock
from benchmarks.record.run_facts import Ceiling

#: Seconds of rounds per figure, if FEWEST rounds fit: two figures per size stay under 60 ms.
BUDGET_S = 0.02
GROUP = 5
FEWEST, MOST = 3, 60

_NEGATE = operator.methodcaller("neg_")  # values stay +1 and -1: neither overflow nor denormals


def measure_ceiling(device: str, threads: int, tensor_bytes: int) -> Ceiling:
    """Bandwidth in bytes/s, reading plus writing, of a copy and of a write in place of float32 tensors.

    `threads` applies to the CPU and to this measurement only.
    """
    clock = make_clock(device)
    numel = max(1, tensor_bytes // 4)
    with torch.no_grad(), _threads(device, threads):
        source, target = torch.ones(numel, device=device), torch.ones(numel, device=device)
        copy_s = _best_s(clock, _subject(target, lambda x: x.copy_(source)))
        inplace_write_s = _best_s(clock, _subject(target, _NEGATE))
    moved_bytes = 2 * 4 * numel
    return {
        "device": device,
        "threads": threads,
        "tensor_bytes": tensor_bytes,
        "copy_bytes_per_s": moved_bytes / copy_s,
        "inplace_write_bytes_per_s": moved_bytes / inplace_write_s,
    }


def measure_floor(device: str) -> float:
    """Seconds of the cheapest op call here: in place, on one element. Times near it carry no signal."""
    with torch.no_grad():
        return _best_s(make_clock(device), _subject(torch.ones(1, device=device), _NEGATE))


@contextmanager
def _threads(device: str, threads: int) -> Iterator[None]:
    before = torch.get_num_threads()
    if device == "cpu":
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _subject(x: torch.Tensor, call: Callable[[torch.Tensor], torch.Tensor]) -> Subject:
    """On the CPU every call gets the same warm tensor; on a GPU a copy prepared with the round, as for an op's call.

    So a GPU's ceiling has its input in the L2 cache only where the op has it too: calls on one tensor would find it
    there even at sizes where a round's inputs do not fit.
    """
    return Subject(restore=(lambda: x) if x.device.type == "cpu" else x.clone, call=call, backward=None)


def _best_s(clock: Clock, subject: Subject) -> float:
    """Seconds per call: the lowest median over groups of rounds."""
    calls = clock.prepare({"ceiling": subject}, "inference")

    def call_s() -> float:
        # A bracket may measure less than the clock's own cost: no speed may be infinite.
        return max(1e-9, clock.round(subject, "inference", calls).seconds)

    times = [call_s()]
    rounds = max(FEWEST, min(MOST, int(BUDGET_S / (calls * times[0]))))
    times += [call_s() for _ in range(rounds - 1)]
    # A group cut short at the end would be a median of too few rounds: merge it into the previous one.
    starts = range(0, max(1, rounds - GROUP + 1), GROUP)
    groups = [times[start : start + GROUP] if start + 2 * GROUP <= rounds else times[start:] for start in starts]
    return min(statistics.median(group) for group in groups)
