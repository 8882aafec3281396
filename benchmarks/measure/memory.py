"""Exact bytes of one variant of one case: the peak, what is held while only the result is kept, and what stays.

CPU: the running sum of the allocator's own events, one per block and signed, as torch's profiler records them. CUDA:
the caching allocator's requested bytes. Both see what kernels allocate inside, and both are deterministic to the byte.
Counted in a pass of its own, never while timing.
"""

import gc
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.autograd.profiler import record_function

from benchmarks.measure.allocator_events import AllocatorEvents

_WHOLE = "measure_memory: from the input to the last thing let go"
_LET_GO = "measure_memory: all is let go"
_CALL = "measure_memory: call"
_BACKWARD = "measure_memory: backward"

#: The most points of a phase's timeline, however many events it has.
TIMELINE_POINTS = 30


class UncountedError(RuntimeError):
    """There is no exact source of bytes here; the message says why."""


@dataclass(frozen=True)
class CountedBytes:
    """Bytes of one variant beyond those before its own input; None if there is no graph or no source."""

    forward_peak_bytes: int  #: highest live bytes during the call, own input included
    held_bytes: int  #: live bytes after the call with only the result kept, result included
    leaked_bytes: int  #: live bytes after input, result and gradients are released and garbage is collected
    garbage_bytes: int  #: of cycles, beyond these: freed by a garbage collection only
    backward_peak_bytes: int | None = None  #: highest live bytes during backward, result and saved tensors included
    step_peak_bytes: int | None = None  #: highest live bytes during call and backward
    rss_peak_bytes: int | None = None  #: growth of the resident peak, a second source; see `_rss_peak`
    reserved_peak_bytes: int | None = None  #: CUDA: growth of what the caching allocator took from the device
    #: CPU: highest live bytes in each of up to TIMELINE_POINTS equal shares of the call's allocator events, in order
    forward_live_bytes: tuple[int, ...] = ()
    backward_live_bytes: tuple[int, ...] = ()  #: the same of backward


def measure_memory(
    restore: Callable[[], Any],
    call: Callable[[Any], Any],
    backward: Callable[[Any], Any] | None,
    device: str | torch.device,
) -> CountedBytes:
    """The bytes of `x = restore(); x = call(x); gradients = backward(x)`, beyond what was allocated before.

    `backward` is None, or returns None, where the phase records no graph. The caller sets the grad mode, and passes
    functions that keep no reference to their tensors. Their errors are raised. Source on a CPU: events of
    `kineto_results`, of this thread only; torch's kernels allocate before they start OpenMP workers. Memory that oneDNN
    takes outside torch's allocator (gelu and convolution some KiB, LSTM more) is not seen. CUDA: `memory_stats` of
    torch's own allocator. UncountedError under cudaMallocAsync, which does not count requested bytes.
    """
    device = torch.device(device)
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"no exact source of bytes for device {device}")
    was_enabled = gc.isenabled()
    gc.disable()  # a collection at a random moment would free cycles in one measurement and not in the next
    gc.freeze()  # collect only what the calls made: collecting everything takes longer than the calls
    try:
        if device.type == "cuda":
            return _cuda_bytes(restore, call, backward, device)
        return _cpu_bytes(restore, call, backward)
    finally:
        if was_enabled:  # otherwise nobody collects, and what is frozen may stay so
            gc.unfreeze()
            gc.enable()


def call_uncounted(restore: Callable, call: Callable, backward: Callable | None) -> None:
    """Run once before counting: a first call makes workspaces and caches that outlive it."""
    x = call(restore())
    if backward is not None:
        backward(x)
    del x
    gc.collect()


def _cpu_bytes(restore: Callable, call: Callable, backward: Callable | None) -> CountedBytes:
    # Make the input and release everything inside the profiler: it reports no free of a block that it did not see
    # allocated, and a block seen allocated but not freed would be subtracted from a later measurement. The uncounted
    # call is inside too: what it left and the counted call replaces then does not count as left behind twice.
    events = AllocatorEvents(_WHOLE, _CALL, _BACKWARD, _LET_GO)
    with events.counted():
        call_uncounted(restore, call, backward)
        with record_function(_WHOLE):
            x = restore()
            with record_function(_CALL):
                x = call(x)  # as a user writes it: the new result releases the old x
            gradients = None
            if backward is not None:
                with record_function(_BACKWARD):
                    gradients = backward(x)
            has_graph = gradients is not None
            del x, gradients
            with record_function(_LET_GO):
                pass
            gc.collect()
    levels = _levels(events)
    before, _, after = levels[_WHOLE]
    _, forward_highest, held = levels[_CALL]
    forward_peak = forward_highest - before
    backward_peak = levels[_BACKWARD][1] - before if has_graph else None
    return CountedBytes(
        forward_peak_bytes=forward_peak,
        held_bytes=held - before,
        leaked_bytes=max(0, after - before),
        garbage_bytes=levels[_LET_GO][0] - after,
        backward_peak_bytes=backward_peak,
        step_peak_bytes=None if backward_peak is None else max(forward_peak, backward_peak),
        rss_peak_bytes=_rss_peak(restore, call, backward),
        forward_live_bytes=_timeline(events, _CALL, before),
        backward_live_bytes=_timeline(events, _BACKWARD, before) if has_graph else (),
    )


def _timeline(events: AllocatorEvents, span: str, before: int) -> tuple[int, ...]:
    """The level at the start of a span and after each of its events, beyond `before`: the highest of each share."""
    start_ns, end_ns = events.spans[span]
    live = sum(nbytes for time_ns, nbytes in events.changes if time_ns < start_ns) - before
    levels = [live]
    for time_ns, nbytes in events.changes:
        if start_ns <= time_ns <= end_ns:
            live += nbytes
            levels.append(live)
    count = min(TIMELINE_POINTS, len(levels))
    ends = [len(levels) * place // count for place in range(count + 1)]
    return tuple(max(0, *levels[start:end]) for start, end in itertools.pairwise(ends))


def _levels(events: AllocatorEvents) -> dict[str, tuple[int, int, int]]:
    """First, highest and last number of live bytes within each span, counted from its start."""
    return {name: _levels_within(events.changes, *span) for name, span in events.spans.items()}


def _levels_within(changes: Sequence[tuple[int, int]], start_ns: int, end_ns: int) -> tuple[int, int, int]:
    live = first = highest = sum(nbytes for time_ns, nbytes in changes if time_ns < start_ns)
    for time_ns, nbytes in changes:
        if start_ns <= time_ns <= end_ns:
            live += nbytes
            highest = max(highest, live)
    return first, highest, live


def _cuda_bytes(restore: Callable, call: Callable, backward: Callable | None, device: torch.device) -> CountedBytes:
    if torch.cuda.get_allocator_backend() != "native":
        raise UncountedError("bytes are not counted: this allocator does not say what is requested of it")
    call_uncounted(restore, call, backward)
    torch.cuda.synchronize(device)
    torch.cuda.empty_cache()  # reserved bytes then grow by what this call needs, not by what the last one left
    before = torch.cuda.memory_stats(device)
    x = restore()
    torch.cuda.reset_peak_memory_stats(device)
    x = call(x)
    torch.cuda.synchronize(device)
    after_call = torch.cuda.memory_stats(device)
    torch.cuda.reset_peak_memory_stats(device)
    gradients = backward(x) if backward is not None else None
    torch.cuda.synchronize(device)
    after_backward = torch.cuda.memory_stats(device)
    has_graph = gradients is not None
    del x, gradients
    let_go = torch.cuda.memory_stats(device)
    gc.collect()
    after = torch.cuda.memory_stats(device)

    def growth(stats: dict, kind: str, when: str = "peak") -> int:
        return stats[f"{kind}.all.{when}"] - before[f"{kind}.all.current"]

    forward_peak = growth(after_call, "requested_bytes")
    backward_peak = growth(after_backward, "requested_bytes") if has_graph else None
    return CountedBytes(
        forward_peak_bytes=forward_peak,
        held_bytes=growth(after_call, "requested_bytes", "current"),
        leaked_bytes=max(0, growth(after, "requested_bytes", "current")),
        garbage_bytes=growth(let_go, "requested_bytes", "current") - growth(after, "requested_bytes", "current"),
        backward_peak_bytes=backward_peak,
        step_peak_bytes=None if backward_peak is None else max(forward_peak, backward_peak),
        reserved_peak_bytes=max(growth(each, "reserved_bytes") for each in (after_call, after_backward)),
    )


def _rss_peak(restore: Callable, call: Callable, backward: Callable | None) -> int | None:
    """Growth of the resident peak over call and backward, own input included; None without kernel support.

    Source: `VmHWM` of /proc/self/status after writing 5 to /proc/self/clear_refs, minus `VmRSS`, both before the input.
    Only meaningful where blocks are mapped afresh (allocator `fresh`): a retained heap reuses resident pages, and the
    growth is 0. The kernel counts pages in batches: up to some 100 KiB off.
    """
    try:
        Path("/proc/self/clear_refs").write_text("5")
        before = _resident_bytes("VmRSS")
    except OSError:
        return None
    x = restore()
    x = call(x)
    if backward is not None:
        backward(x)
    return max(0, _resident_bytes("VmHWM") - before)


def _resident_bytes(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None, f"/proc/self/status has no {name}"
    return int(found[1]) * 1024
