"""The highest live bytes of each step of a program, from the allocator's events. Only the judge uses this code."""

import contextlib
import gc
import os
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.autograd.profiler import profile, record_function

_STEP = "judged step "


class StepRaised(RuntimeError):
    """A step, or the function that makes it, raised an error. The message says which."""


def peaks_of(make: Callable[[], Callable[[], Any]], steps: int) -> tuple[int, ...]:
    """Return the highest live bytes of each of so many steps, less the bytes that were live before the first step.

    A step's result is freed before the next step. StepRaised if `make` or a step raises.
    """
    was_enabled = gc.isenabled()
    gc.disable()  # a collection at some moment would free cycles then
    gc.freeze()  # so that the collection below looks only at what the steps made, and does not take longer than they do
    profiler = profile(use_kineto=True, profile_memory=True)
    try:
        with _quiet(), profiler:
            error = _run(make, steps)
            gc.collect()  # a block that is freed after the profiler ends would be subtracted in the next one
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()
    if error:
        raise StepRaised(error)
    return _peaks(profiler, steps)


def _run(make: Callable[[], Callable[[], Any]], steps: int) -> str:
    """Run the steps, each in a span of the profiler, and return their error as text; "" without an error.

    It is text, since the frames of an error would keep tensors alive.
    """
    try:
        step = make()
        torch.manual_seed(0)  # as the advisor does: a branch on random numbers changes the bytes
        for number in range(steps):
            with record_function(f"{_STEP}{number}"):
                result = step()
            del result
    except Exception as error:
        raised = f"{type(error).__name__}: {error}"
    else:
        return ""
    # Autograd's queue still holds the rest of a backward that raised; the next backward frees it.
    torch.ones(1, requires_grad=True).sum().backward()
    return raised


def _peaks(profiler: profile, steps: int) -> tuple[int, ...]:
    assert profiler.kineto_results is not None
    changes, spans = [], {}
    event: Any  # of the C library, whose stub lacks a part
    for event in profiler.kineto_results.events():
        if event.name() == "[memory]" and event.device_type() == torch.autograd.DeviceType.CPU:  # pyright: ignore[reportPrivateImportUsage]  # no stub
            changes.append((event.start_ns(), event.nbytes()))
        elif event.name().startswith(_STEP):
            spans[int(event.name()[len(_STEP) :])] = event.start_ns(), event.start_ns() + event.duration_ns()
    changes.sort(key=lambda change: change[0])
    peaks = []
    before = sum(size for at, size in changes if at < spans[0][0])
    for number in range(steps):
        begins, ends = spans[number]
        live = highest = sum(size for at, size in changes if at < begins)
        for at, size in changes:
            if begins <= at <= ends:
                live += size
                highest = max(highest, live)
        peaks.append(highest - before)
    return tuple(peaks)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hide standard error inside this block, where the profiler's library prints lines that mean nothing here."""

    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)
