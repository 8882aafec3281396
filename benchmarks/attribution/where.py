"""Where the bytes are at the peak of a step: it runs once under the recorder, and every block gets a name."""

import gc
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.autograd.profiler import record_function
from torch.optim.optimizer import register_optimizer_step_post_hook as _after_step
from torch.optim.optimizer import register_optimizer_step_pre_hook

from benchmarks.attribution.blocks import NUMBER_BYTES, Block, BlockChange, Peak, changes_of, label_of, peak_within
from benchmarks.attribution.breakdown import (
    GRADIENTS,
    INPUT,
    NOT_ATTRIBUTED,
    RECORDING,
    RELEASED,
    TEMPORARIES,
    PeakBytes,
    PeakRow,
    peak_rows,
)
from benchmarks.attribution.categories import Purposes
from benchmarks.measure.allocator_events import AllocatorEvents, profiled_span
from benchmarks.measure.memory import UncountedError, call_uncounted
from benchmarks.tracking.lives import BACKWARD, OpCall, StorageLife
from benchmarks.tracking.recorder import Recorder

_WHOLE = "where_bytes_are: from the input to the end"
_CALL = "where_bytes_are: call"
_BACKWARD = "where_bytes_are: backward"
#: The beginning of these names for the run without the recorder.
_UNRECORDED = "without the recorder, "


def where_bytes_are(
    restore: Callable[[], Any],
    call: Callable[[Any], Any],
    backward: Callable[[Any], Any] | None = None,
    device: str | torch.device = "cpu",
) -> PeakBytes:
    """Return the peak of `x = restore(); x = call(x); backward(x)` by purpose, module and op.

    It is exactly the peak of `measure_memory` with the same arguments (of the step, or of the call without `backward`),
    and the sum of its rows. The functions must keep no reference to their tensors. With `restore=make` and
    `call=lambda step: step()` the model counts too, which `make` builds. The step runs three times; its errors are
    raised. UncountedError on a GPU, whose allocator does not say which block is which. Bytes of compiled code are not
    attributed.
    """
    if torch.device(device).type != "cpu":
        raise UncountedError(f"on {device} bytes are not attributed: blocks are known by their sum alone")
    recorder = Recorder(around=_span, exact_bytes=True)
    purposes = Purposes(recorder)
    names = (_WHOLE, _CALL, _BACKWARD)
    events = AllocatorEvents(*names, *(_UNRECORDED + name for name in names))
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with events.counted():
            call_uncounted(restore, call, backward)
            _unrecorded(restore, call, backward)
            gc.collect()
            first_call = _recorded(recorder, purposes, restore, call, backward)
    finally:
        if was_enabled:
            gc.enable()
    numbers = {call.order: call.numbers for call in recorder.calls if call.numbers}
    changes = changes_of(events, numbers)
    exact_bytes = _peak(events, changes, _UNRECORDED).nbytes
    return _breakdown(recorder, purposes, _peak(events, changes), first_call, exact_bytes)


def _peak(events: AllocatorEvents, changes: Sequence[BlockChange], run: str = "") -> Peak:
    spans = [events.spans[run + name] for name in (_CALL, _BACKWARD) if run + name in events.spans]
    return peak_within(changes, events.spans[run + _WHOLE][0], spans)


def where_step_bytes_are(make: Callable[[], Callable[[], Any]], executions: int = 1) -> PeakBytes:
    """Return the peak of the last of so many executions of the step that `make` builds.

    The bytes of its model and data count, and all others that live since `make` was called. `make` is called three
    times. UncountedError, or an error of the step, as from `where_bytes_are`.
    """

    def restore() -> Callable[[], Any]:
        step = make()
        for _ in range(executions - 1):
            step()
        return step

    return where_bytes_are(restore, lambda step: step())


def _unrecorded(restore: Callable, call: Callable, backward: Callable | None) -> None:
    """Run the step without the recorder, in spans with names of their own."""
    with record_function(_UNRECORDED + _WHOLE):
        x = restore()
        with record_function(_UNRECORDED + _CALL):
            x = call(x)
        if backward is not None:
            with record_function(_UNRECORDED + _BACKWARD):
                backward(x)


def _recorded(
    recorder: Recorder, purposes: Purposes, restore: Callable, call: Callable, backward: Callable | None
) -> int:
    """Run the step under the recorder, and return the number of recorded calls before the step itself."""
    hooks = [register(purposes.note_optimizer) for register in (register_optimizer_step_pre_hook, _after_step)]
    recorder.on_call, recorder.modules.on_root = purposes.note_call, purposes.note_root
    try:
        with recorder.recording(), record_function(_WHOLE):
            x = restore()
            purposes.note_input(x)
            first_call = recorder.order
            with record_function(_CALL):
                x = call(x)
            if backward is not None:
                with record_function(_BACKWARD):
                    gradients = backward(x)
                del gradients
            purposes.note_gradients()
            del x
    finally:
        for hook in hooks:
            hook.remove()
    return first_call


def _span(call: OpCall) -> Any:
    return profiled_span(label_of(call.order))


def _breakdown(recorder: Recorder, purposes: Purposes, peak: Peak, first_call: int, exact_bytes: int) -> PeakBytes:
    calls = {call.order: call for call in recorder.calls}
    lives = {(life.made_by and life.made_by.order, life.data_ptr): life for life in recorder.lives}
    at = calls.get(peak.call) if peak.call is not None else None
    order = at.order if at is not None else _latest(recorder, peak)

    def row(block: Block) -> PeakRow:
        made_in = block.call if block.call is not None else block.next_call
        life = lives.get((made_in, block.pointer)) or lives.get((None, block.pointer))
        call = calls.get(made_in) if made_in is not None else None
        is_number = call is not None and call.numbers and block.nbytes in NUMBER_BYTES  # made for that call
        if block.call is None and not is_number and (life is None or life.made_by is None):
            return _by_nobody(block, life, purposes, order)
        ended = block.ended if life is not None else made_in
        category = purposes.category_of(life or _workspace(call), ended, order, first_call)
        return _row(category, call, INPUT if call is not None and call.order < first_call else "")

    rows = peak_rows((row(block), block.nbytes) for block in peak.made)
    if peak.released_bytes:
        rows += (PeakRow(RELEASED, "", "", None, None, None, -peak.released_bytes, 1),)
    if exact_bytes != peak.nbytes:
        rows += (PeakRow(RECORDING, "", "", None, None, None, exact_bytes - peak.nbytes, 1),)
    where = _row("", at, "")
    place = where.region, where.op, where.module, where.file, where.line
    regions = dict.fromkeys(call.region for call in recorder.calls if call.order >= first_call)
    return PeakBytes(exact_bytes, peak.start_bytes, *place, rows, tuple(regions))


def _by_nobody(block: Block, life: StorageLife | None, purposes: Purposes, order: int) -> PeakRow:
    """Return the row of a block that no recorded call made, as when autograd's engine sums or copies gradients."""
    if not block.in_engine:
        return PeakRow(NOT_ATTRIBUTED, "", block.op, None, None, None, 0, 0)
    known = purposes.category_of(life, block.ended, order, 0) if life is not None else ""
    is_gradient = known == GRADIENTS or purposes.outlives_backward(block.next_call, block.ended)
    return PeakRow(GRADIENTS if is_gradient else TEMPORARIES, BACKWARD, block.op, None, None, None, 0, 0)


def _latest(recorder: Recorder, peak: Peak) -> int:
    """Return the order of the last call that made a block of the peak, for a peak outside all calls."""
    within = [block.call for block in peak.made if block.call is not None]
    return max(within, default=recorder.order)


def _workspace(call: OpCall | None) -> StorageLife:
    """Return a storage for a block that an op made for itself, which no tensor had."""
    return StorageLife(-1, 0, "cpu", 0, call)


def _row(category: str, call: OpCall | None, region: str) -> PeakRow:
    """Return the row of a block that a call made. `region`: replaces the region of the call if it is not ""."""
    if call is None:
        return PeakRow(category, region, "", None, None, None, 0, 0)
    source = call.forward or call
    file, line = (source.site.file, source.site.line) if source.site is not None else (None, None)
    return PeakRow(category, region or call.region, call.name, source.module, file, line, 0, 0)
