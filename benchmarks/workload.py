"""A scenario's case, ready to be measured: both forms built alike, their state put back before every call.

On a GPU state is put back, and seeds are set, for all calls of a round together, before its first one: the state moves
on from call to call, by the same updates in both forms.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.catalogue.scenarios.scenario import Built, Scenario, Update
from benchmarks.in_flight import runs
from benchmarks.inputs import Subject, Subjects
from benchmarks.record import OUTOFPLACE, USER, VARIANTS, Case
from benchmarks.tensors import SEED, reseed, sample

Upstream = list[torch.Tensor | None]


@dataclass(frozen=True)
class Workload:
    """Both forms of a scenario at one scale, and the input they share: what `Inputs` is for an op's case.

    `base` is the input, never written; a leaf that requires grad where the scenario differentiates its input.
    """

    pair: Scenario
    case: Case
    base: torch.Tensor
    forms: Mapping[str, Built]

    @functools.cached_property
    def subjects(self) -> Subjects:
        """Both forms as every instrument (clock, memory, checks) calls them."""
        restorers = {variant: self._restorer(form) for variant, form in self.forms.items()}  # before anything is called
        if self.pair.update_alone and not self.case.records_graph:
            return Subjects(self._updates(restorers))
        trains = self.case.records_graph and not self.pair.whole_step
        upstream = self._upstream(self._outofplace_results(restorers)) if trains else None
        return Subjects({variant: self._subject(variant, restorers[variant], upstream) for variant in VARIANTS})

    def leaves(self, variant: str) -> tuple[torch.Tensor, ...]:
        """What backward differentiates with respect to: the form's parameters, and an input that requires grad."""
        return (*self.forms[variant].parameters, *([self.base] if self.base.requires_grad else []))

    def _subject(self, variant: str, restore: Callable[[], torch.Tensor], upstream: Upstream | None) -> Subject:
        form = self.forms[variant]
        if not self.case.records_graph:
            return Subject(restore, form.call, None)
        if upstream is None:
            return Subject(restore, form.call, lambda result: ())
        update = form.update if self.case.phase == "step" else None
        return Subject(restore, form.call, _backward(self.leaves(variant), upstream, update, len(form.parameters)))

    def _updates(self, restorers: Mapping[str, Callable[[], torch.Tensor]]) -> dict[str, Subject]:
        """Both forms' update as the call: its input is a list of gradients, the out-of-place form's for both."""
        with torch.enable_grad():
            results = self._outofplace_results(restorers)
            gradients = torch.autograd.grad(results, self.forms[OUTOFPLACE].parameters, self._upstream(results))

        def restorer(put_back: Callable[[], torch.Tensor]) -> Callable[[], list[torch.Tensor]]:
            def restore() -> list[torch.Tensor]:
                put_back()
                return [t.clone() for t in gradients]

            return restore

        updates = {variant: form.update for variant, form in self.forms.items() if form.update is not None}
        # Scenario.build refuses a form without an update here, so both are there.
        return {variant: Subject(restorer(restorers[variant]), updates[variant], None) for variant in VARIANTS}

    def _restorer(self, form: Built) -> Callable[[], torch.Tensor]:
        base, may_draw = self.base, self.pair.random or self.case.family == USER
        saved = [(t, t.detach().clone()) for t in (*form.state, *form.read)]

        def restore() -> torch.Tensor:
            with torch.no_grad():
                for t, old in saved:
                    t.copy_(old)
            if may_draw:
                reseed(base.device)
            return base.clone()

        return restore

    def _outofplace_results(self, restorers: Mapping[str, Callable[[], torch.Tensor]]) -> tuple[torch.Tensor, ...]:
        runs(OUTOFPLACE)
        return flat(self.forms[OUTOFPLACE].call(restorers[OUTOFPLACE]()))

    def _upstream(self, results: Sequence[torch.Tensor]) -> Upstream:
        """An explicit random upstream gradient for each result; of a scalar (a loss) none, which stands for 1."""
        role = f"{self.case.pair} upstream"
        return [sample("real", t.shape, t.dtype, t.device, role) if t.dim() else None for t in results]


def _backward(
    leaves: Sequence[torch.Tensor], upstream: Upstream, update: Update | None, parameters: int
) -> Callable[[Any], tuple[torch.Tensor, ...]]:
    """The gradients of a result; where a training step updates with the parameters', what it updated in their place.

    An update may write the gradients that it is given (clipping does), so that they are no longer a result.
    """

    def backward(result: Any) -> tuple[torch.Tensor, ...]:
        gradients = torch.autograd.grad(flat(result), leaves, upstream)
        if update is None:
            return gradients
        return (*gradients[parameters:], *update(gradients[:parameters]))

    return backward


def flat(value: Any) -> tuple[torch.Tensor, ...]:
    """The tensors of a result, in lists and tuples at any depth."""
    if isinstance(value, torch.Tensor):
        return (value,)
    return tuple(t for each in value for t in flat(each)) if isinstance(value, list | tuple) else ()


def make_workload(scenario: Scenario, case: Case) -> Workload:
    """Both forms of a case, built on its device from one seed; whatever a builder raises is raised."""
    device, training = torch.device(case.device), case.records_graph
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(SEED)
        base = scenario.draw(case.shape).to(device)
        forms = {}
        for variant in VARIANTS:
            torch.manual_seed(SEED)
            runs(variant)
            # A device as torch's mode slows each factory call down, and a CPU's asks for nothing else than there is.
            with nullcontext() if device.type == "cpu" else device:
                forms[variant] = scenario.build(variant, case.scale)
    for form in forms.values():
        if form.module is not None:
            form.module.train(training)
    if scenario.grad_input and training:
        base.requires_grad_(True)
    return Workload(scenario, case, base, forms)
