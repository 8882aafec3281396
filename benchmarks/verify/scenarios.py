"""Do the two variants of a scenario do the same work: outputs, gradients, updates, writes?"""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch

from benchmarks.catalogue.scenarios.scenario import Built
from benchmarks.nested import flat, paths
from benchmarks.record import INPLACE, OUTOFPLACE, PROSE, VARIANTS
from benchmarks.verify.agreement import Agreement, agreement_of, where_different
from benchmarks.verify.change import is_lost_in_rounding, wrong_state_change
from benchmarks.verify.kept import kept_tensors
from benchmarks.verify.ops import Disagreement
from benchmarks.verify.writes import watch_call
from benchmarks.workload import Workload


def check_scenario(workload: Workload, watch: bool = True) -> Agreement | None:
    """Check that the variants do the same work, and return how far they agree: values, gradients, state, kept tensors.

    Returns None if a GPU draws other random numbers for in-place dropout: then only shapes are compared in training.
    Disagreement if an error exceeds the scenario's tolerance, if numbers are not finite, or if a variant writes tensors
    that are not its own. `watch`: run both once more to see every tensor that is written; one scale is enough.
    """
    before = _copied(flat(workload.base))
    # The order matters: with other shapes the same upstream gives no gradient, and the state is that of the last call.
    found = (
        _compared_values(workload)
        + _compared_gradients(workload)
        + _compared_state(workload)
        + _compared_kept(workload)
    )
    if not all(torch.equal(t.detach(), old) for t, old in zip(flat(workload.base), before, strict=True)):
        raise Disagreement("a variant writes the input that both share, not the copy it is given")
    if watch and workload.pair.watch:
        watched = {variant: watch_call(workload, variant) for variant in VARIANTS}
        for variant, seen in watched.items():
            if seen.writes:
                which = f"the {PROSE[variant]} variant"
                raise Disagreement(f"{which}: {seen.writes[0]}: only its input and its state may be written")
        found = replace(found, same_calls=watched[OUTOFPLACE].calls == watched[INPLACE].calls)
    return None if _draws_differ(workload) else found


def _compared_values(workload: Workload) -> Agreement:
    with torch.set_grad_enabled(workload.case.records_graph):
        (expected, outofplace), (actual, inplace) = (_values(workload, variant) for variant in VARIANTS)
    if outofplace != inplace and len(outofplace) == len(inplace):
        orders = f"{', '.join(outofplace[:6])} out-of-place, {', '.join(inplace[:6])} in-place"
        raise Disagreement(f"the variants do not return the same things in the same order: {orders}")
    is_named = any(path and not path.startswith("[") for path in outofplace)
    return _checked(
        "values", expected, actual, [f" of {path}" for path in outofplace] if is_named else [], _tolerance(workload)
    )


def _compared_gradients(workload: Workload) -> Agreement:
    with torch.set_grad_enabled(workload.case.records_graph):
        expected, actual = (_gradients(workload, variant) for variant in VARIANTS)
    return _checked("gradients", expected, actual, _names_of_gradients(workload), _tolerance(workload))


def _compared_state(workload: Workload) -> Agreement:
    expected, actual = (_copied(workload.state(variant)) for variant in VARIANTS)
    if len(expected) != len(actual):
        return Agreement()  # variants may keep different things; their results show what counts
    built, tolerance = workload.built[OUTOFPLACE], _tolerance(workload)
    names = _names(built, workload.state(OUTOFPLACE))
    found = _checked("state", expected, actual, names, tolerance)
    if not expected or math.isinf(tolerance):
        return found
    workload.subjects[OUTOFPLACE].restore()
    before = _copied(workload.state(OUTOFPLACE))
    if [t.shape for t in before] != [t.shape for t in expected]:
        return found  # an optimizer that makes its state in each call
    if wrong := wrong_state_change(before, expected, actual, names):
        raise Disagreement(wrong)
    updates = built.update is not None and (workload.case.phase == "step" or workload.pair.update_alone)
    return replace(found, below_resolution=updates and is_lost_in_rounding(before, expected))


def _compared_kept(workload: Workload) -> Agreement:
    """Return how far tensors agree that both variants keep in the same place, such as features for another layer."""
    expected, actual = (kept_tensors(workload.built[variant], workload.state(variant)) for variant in VARIANTS)
    both = [
        path
        for path, t in expected.items()
        if path in actual and (t.shape, t.dtype) == (actual[path].shape, actual[path].dtype)
    ]
    return _checked(
        "what is kept",
        [expected[path].detach() for path in both],
        [actual[path].detach() for path in both],
        [f" in {path}" for path in both],
        _tolerance(workload),
    )


def _names_of_gradients(workload: Workload) -> list[str]:
    """Return the names of the tensors whose gradients are compared; empty if a step returns updated tensors instead."""
    built = workload.built[OUTOFPLACE]
    if built.update is not None and workload.case.phase == "step":
        return []
    inputs = zip(paths(workload.base), flat(workload.base), strict=True)
    differentiated = [f" of the input{path and f' {path}'}" for path, t in inputs if t.requires_grad]
    return [*_names(built, built.parameters), *differentiated]


def _names(built: Built, some: Sequence[torch.Tensor]) -> list[str]:
    """Return each tensor's path in the variant's module, as ' of layer1.0.conv.weight'; outside it, its position."""
    module = built.module
    known = {id(t): name for name, t in (*module.named_parameters(), *module.named_buffers())} if module else {}
    return [f" of {known.get(id(t), f'tensor {place}')}" for place, t in enumerate(some)]


def _tolerance(workload: Workload) -> float:
    return math.inf if _draws_differ(workload) else workload.pair.tolerance


def _draws_differ(workload: Workload) -> bool:
    """Return whether the variants draw different numbers: dropout in training on CUDA. In eval mode it draws none."""
    return workload.pair.random and workload.case.records_graph and workload.case.device.startswith("cuda")


def _values(workload: Workload, variant: str) -> tuple[list[torch.Tensor], tuple[str, ...]]:
    """Call a variant, and return the tensors of its result and their paths in it. Disagreement if there is none."""
    subject = workload.subjects[variant]
    result = subject.call(subject.restore())
    results = _copied(flat(result))
    if not results:
        raise Disagreement(f"the {PROSE[variant]} variant returns no tensor: return some, in lists or dicts if several")
    return results, paths(result)


def _gradients(workload: Workload, variant: str) -> list[torch.Tensor]:
    """Return the gradients of the leaves, or the tensors that a step updated; empty for a phase without backward."""
    subject = workload.subjects[variant]
    if subject.backward is None:
        return []
    return _copied(subject.backward(subject.call(subject.restore())))


def _copied(some: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [t.detach().clone() for t in some]


def _checked(
    quantity: str, expected: list[torch.Tensor], actual: list[torch.Tensor], names: Sequence[str], tolerance: float
) -> Agreement:
    """Return how far tensors agree. Disagreement if they differ in shape or dtype, are not finite, or by `tolerance`.

    The message has the worst tensor's text of `names` (' of layer1.weight'), or its position if there are other names.
    """
    if [(a.shape, a.dtype) for a in expected] != [(b.shape, b.dtype) for b in actual]:
        raise Disagreement(f"{quantity}: {_shapes(expected)} out-of-place, {_shapes(actual)} in-place")
    if len(names) != len(expected):
        names = [f" of tensor {place}" if len(expected) > 1 else "" for place in range(len(expected))]
    found: list[Agreement] = []
    for name, *both in zip(names, expected, actual, strict=True):
        for variant, t in zip(VARIANTS, both, strict=True):
            if not torch.isfinite(t).all():
                raise Disagreement(f"{quantity}{name} not finite in the {PROSE[variant]} variant")
        found.append(agreement_of(*both))
    worst = max(range(len(found)), key=lambda place: found[place].error, default=None)
    if worst is not None and found[worst].error > tolerance:
        how_far = f"by up to {found[worst].error:.2g} of the largest, {where_different(expected[worst], actual[worst])}"
        raise Disagreement(f"{quantity}{names[worst]} differ between the variants, {how_far}")
    return sum(found, Agreement())


def _shapes(some: list[torch.Tensor]) -> str:
    return ", ".join(f"{str(t.dtype).removeprefix('torch.')} {tuple(t.shape)}" for t in some[:4]) or "nothing"
