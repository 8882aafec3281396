"""The memory class of a pair: what it saves for backward, and its cost in bytes, found by running it."""

import torch

from benchmarks.autograd.record.safety import (
    COSTS_A_COPY,
    NO,
    NO_GRADIENT,
    NUMBER,
    PLAIN,
    REQUIRES_GRAD,
    UNKNOWN,
    WHILE_IT_RUNS,
    YES,
    Saved,
)
from benchmarks.autograd.safety.compare import without_warnings
from benchmarks.autograd.safety.refusals import Errors, NoCaseError, no_case_on_machine_error, one_line, refusal
from benchmarks.autograd.safety.tiny_pair import TinyPair, shape_of, tiny_pair, usual_dtype
from benchmarks.catalogue.pair import Pair
from benchmarks.inputs import tensors
from benchmarks.measure.memory import CountedBytes, measure_memory
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS
from benchmarks.verify.writes import storage

#: The kinds of saved tensors.
RESULT, ARGUMENT, SELF, CLONE, OTHER = "result", "argument", "self", "clone of self", "another tensor"

#: Elements of the tensors whose bytes are counted: far above an allocator's rounding.
NUMEL = 2**14


def memory_classes(pair: Pair, device: str) -> list[Saved]:
    """A row per condition of the other operand, since each may lead to another overload or formula.

    One row without bytes if this machine cannot count them.
    """
    try:
        with no_case_on_machine_error():
            dtype = usual_dtype(pair, "float32", device)
            return [_memory_class(pair, dtype, device, condition) for condition in conditions(pair, dtype, device)]
    except NoCaseError as error:
        return [Saved(PLAIN, (), (), UNKNOWN, str(error), 0)]


def conditions(pair: Pair, dtype: str, device: str) -> list[str]:
    """The possible conditions of the pair's other operand."""
    possible = [PLAIN]
    if any(t.is_floating_point() for other in tiny_pair(pair, dtype, device).inputs.others for t in tensors(other)):
        possible.append(REQUIRES_GRAD)
    return [*possible, NUMBER] if "scalar" in pair.operands else possible


def variants_in(condition: str, pair: Pair, dtype: str, device: str, shape: tuple[int, ...] | None = None) -> TinyPair:
    """A pair's variants with the other operand in one condition."""
    operand = "scalar" if condition == NUMBER else ""
    return tiny_pair(pair, dtype, device, shape, condition == REQUIRES_GRAD, operand)


def _memory_class(pair: Pair, dtype: str, device: str, condition: str) -> Saved:
    small = variants_in(condition, pair, dtype, device)
    large = variants_in(condition, pair, dtype, device, shape_of(pair, NUMEL))
    own = sum(t.nbytes for t in tensors(large.inputs.base))
    if "step" not in pair.phases_in(dtype):
        return Saved(condition, (), (), NO_GRADIENT, _why_no_gradient(small), own)
    try:
        with without_warnings():
            kinds = {variant: saved_for_backward(small, variant) for variant in VARIANTS}
            counted = {variant: measured_bytes(large, variant) for variant in VARIANTS}
    except Errors as error:
        return Saved(condition, (), (), UNKNOWN, one_line(error), own)
    out, into = (counted[variant] for variant in VARIANTS)
    return Saved(
        condition=condition,
        outofplace=kinds[OUTOFPLACE],
        inplace=kinds[INPLACE],
        answer=plain_answer(kinds[INPLACE], out, into),
        reason="",
        input_bytes=own,
        outofplace_peak_bytes=out.forward_peak_bytes,
        inplace_peak_bytes=into.forward_peak_bytes,
        outofplace_held_bytes=out.held_bytes,
        inplace_held_bytes=into.held_bytes,
        outofplace_step_peak_bytes=out.step_peak_bytes,
        inplace_step_peak_bytes=into.step_peak_bytes,
    )


def _why_no_gradient(tiny: TinyPair) -> str:
    """Why there is no gradient: the derivative is missing, or there is nothing to differentiate."""
    nothing = "nothing to train through"
    leaves = tiny.leaves()
    try:
        with without_warnings():
            if not any(t.requires_grad for t in tensors(tiny.outofplace(tiny.as_input([t.clone() for t in leaves])))):
                return nothing
            results = tensors(tiny.inplace(tiny.as_input([t.clone() for t in leaves])))
            torch.autograd.grad([t.sum() for t in results if t.requires_grad], leaves, allow_unused=True)
    except Errors as error:
        return f"no derivative: {one_line(refusal(error))}"
    return nothing


def saved_for_backward(tiny: TinyPair, variant: str) -> tuple[str, ...]:
    """The kinds of tensors that one call of a variant saves, each once. Errors of the call are raised."""
    packed: list[torch.Tensor] = []

    def pack(t: torch.Tensor) -> torch.Tensor:
        packed.append(t)
        return t

    x = tiny.as_input([t.clone() for t in tiny.leaves()])
    old = [t.detach().clone() for t in tensors(x)]
    call = tiny.inplace if variant == INPLACE else tiny.outofplace
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        result = call(x)
    places = {storage(t): SELF for t in tensors(x)} if variant == OUTOFPLACE else {}
    places |= {storage(t): ARGUMENT for other in tiny.inputs.others for t in tensors(other)}
    places |= {storage(t): RESULT for t in tensors(result)}
    return tuple(sorted({places.get(storage(t)) or (CLONE if _is_one_of(t, old) else OTHER) for t in packed}))


def measured_bytes(tiny: TinyPair, variant: str) -> CountedBytes:
    """The bytes of one variant in training."""
    subject = tiny.inputs.subjects[variant]
    return measure_memory(subject.restore, subject.call, subject.backward, tiny.inputs.case.device)


def plain_answer(inplace: tuple[str, ...], out: CountedBytes, into: CountedBytes) -> str:
    """Does the in-place variant save memory in training? From what it saves, and from the bytes of both variants."""
    if into.held_bytes < out.held_bytes:
        return YES
    if CLONE in inplace or into.held_bytes > out.held_bytes:
        return COSTS_A_COPY
    return WHILE_IT_RUNS if into.forward_peak_bytes < out.forward_peak_bytes else NO


def _is_one_of(t: torch.Tensor, values: list[torch.Tensor]) -> bool:
    return any(t.shape == each.shape and t.dtype == each.dtype and torch.equal(t.detach(), each) for each in values)
