"""A scenario's case, ready to be measured: both variants built alike, their state restored before every call.

On a GPU state is restored and seeds are set once per round, before its first call: from call to call the state moves
on, by the same updates in both variants.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch

from benchmarks.catalogue.scenarios.scenario import Built, Scenario, Update
from benchmarks.in_flight import note_variant
from benchmarks.inputs import Subject, Subjects
from benchmarks.nested import flat, mapped, unpacking
from benchmarks.optimizer_state import OptimizerState, find_optimizers, is_undeclared
from benchmarks.record import OUTOFPLACE, USER, VARIANTS, Case
from benchmarks.tensors import SEED, reseed, sample


@dataclass(frozen=True)
class Upstream:
    """What backward starts from: gradients of some results, by index; None: of all results.

    A result that has no gradient (the best class, a detached feature) gets none.
    """

    gradients: list[torch.Tensor | None]
    places: Sequence[int] | None

    def of(self, result: Any) -> Sequence[torch.Tensor]:
        """The tensors of a result that the gradients belong to."""
        every = flat(result)
        return every if self.places is None else [every[place] for place in self.places]


@dataclass(frozen=True)
class Workload:
    """Both variants of a scenario at one scale, and their shared input; the counterpart of `Inputs`.

    `base` is the input, never written: a tensor, or a tuple or dict of several; leaves that require grad where the
    scenario differentiates its input. `optimizers`: per variant, those whose state the variant does not declare.
    """

    pair: Scenario
    case: Case
    base: Any
    built: Mapping[str, Built]
    optimizers: Mapping[str, Sequence[OptimizerState]] = field(default_factory=dict)

    @functools.cached_property
    def subjects(self) -> Subjects:
        """Both variants as every instrument (clock, memory, checks) calls them."""
        restorers = {variant: self._restorer(variant) for variant in self.built}  # before anything is called
        if self.pair.update_alone and not self.case.records_graph:
            return Subjects(self._updates(restorers))
        trains = self.case.records_graph and not self.pair.whole_step
        upstream = self._upstream(self._outofplace_results(restorers)) if trains else None
        return Subjects({variant: self._subject(variant, restorers[variant], upstream) for variant in VARIANTS})

    def leaves(self, variant: str) -> tuple[torch.Tensor, ...]:
        """What backward differentiates with respect to: the variant's parameters, and an input that requires grad."""
        return (*self.built[variant].parameters, *(t for t in flat(self.base) if t.requires_grad))

    def state(self, variant: str) -> tuple[torch.Tensor, ...]:
        """What a variant's call, backward or update may write besides its input: declared and optimizer state."""
        declared = self.built[variant].state
        known = {id(t) for t in declared}
        found = (t for each in self.optimizers.get(variant, ()) for t in each.tensors)
        return (*declared, *(t for t in found if id(t) not in known))

    def kept_gradients(self, variant: str) -> tuple[torch.Tensor, ...]:
        """The gradients that a variant's last call left on the parameters of its undeclared optimizers."""
        return tuple(t for each in self.optimizers.get(variant, ()) for t in each.gradients)

    def _subject(self, variant: str, restore: Callable[[], Any], upstream: Upstream | None) -> Subject:
        own = self.built[variant]
        call = unpacking(own.call, self.base)
        if not self.case.records_graph:
            return Subject(restore, call, None)
        if upstream is None:
            return Subject(restore, call, lambda result: ())
        update = own.update if self.case.phase == "step" else None
        return Subject(restore, call, _backward(self.leaves(variant), upstream, update, len(own.parameters)))

    def _updates(self, restorers: Mapping[str, Callable[[], Any]]) -> dict[str, Subject]:
        """Both variants with the update as the call. Input: a list of gradients, out-of-place's for both."""
        with torch.enable_grad():
            results = self._outofplace_results(restorers)
            upstream = self._upstream(results)
            gradients = torch.autograd.grad(upstream.of(results), self.built[OUTOFPLACE].parameters, upstream.gradients)

        def restorer(put_back: Callable[[], Any]) -> Callable[[], list[torch.Tensor]]:
            def restore() -> list[torch.Tensor]:
                put_back()
                return [t.clone() for t in gradients]

            return restore

        updates = {variant: each.update for variant, each in self.built.items() if each.update is not None}
        # both have an update: Scenario.build refuses a variant without one here
        return {variant: Subject(restorer(restorers[variant]), updates[variant], None) for variant in VARIANTS}

    def _restorer(self, variant: str) -> Callable[[], Any]:
        own, base, may_draw = self.built[variant], self.base, self.pair.random or self.case.family == USER
        saved = [(t, t.detach().clone()) for t in (*own.state, *own.read)]
        optimizers, device = self.optimizers.get(variant, ()), torch.device(self.case.device)
        copy = base.clone if isinstance(base, torch.Tensor) else functools.partial(mapped, base, torch.clone)

        def restore() -> Any:
            with torch.no_grad():
                for t, old in saved:
                    t.copy_(old)
            for each in optimizers:
                each.restore()
            if may_draw:
                reseed(device)
            return copy()

        return restore

    def _outofplace_results(self, restorers: Mapping[str, Callable[[], Any]]) -> tuple[torch.Tensor, ...]:
        note_variant(OUTOFPLACE)
        return flat(unpacking(self.built[OUTOFPLACE].call, self.base)(restorers[OUTOFPLACE]()))

    def _upstream(self, results: Sequence[torch.Tensor]) -> Upstream:
        """A random upstream gradient for each result that has a gradient; none for a scalar (a loss): it means 1."""
        role = f"{self.case.pair} upstream"
        places = [place for place, t in enumerate(results) if t.requires_grad] or range(len(results))
        mine = [results[place] for place in places]
        gradients = [sample("real", t.shape, t.dtype, t.device, role) if t.dim() else None for t in mine]
        return Upstream(gradients, None if len(mine) == len(results) else places)


def _backward(
    leaves: Sequence[torch.Tensor], upstream: Upstream, update: Update | None, parameters: int
) -> Callable[[Any], tuple[torch.Tensor, ...]]:
    """The gradients of a result; with an update, the tensors that it updated in place of the parameters' gradients.

    An update may write its gradients (clipping does), so they are no longer a result.
    """

    of = flat if upstream.places is None else upstream.of
    upstream_gradients = upstream.gradients

    def backward(result: Any) -> tuple[torch.Tensor, ...]:
        gradients = torch.autograd.grad(of(result), leaves, upstream_gradients)
        if update is None:
            return gradients
        return (*gradients[parameters:], *update(gradients[:parameters]))

    return backward


def make_workload(scenario: Scenario, case: Case) -> Workload:
    """Both variants of a case, built on its device from one seed; an error of the builder is raised."""
    device, training = torch.device(case.device), case.records_graph
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(SEED)
        base = mapped(scenario.draw(case.shape), lambda t: t.to(device))
        if not flat(base):
            raise TypeError(f"{scenario.name}: draw must return a tensor, or a tuple or dict of tensors")
        built: dict[str, Built] = {}
        for variant in VARIANTS:
            torch.manual_seed(SEED)
            note_variant(variant)
            # Setting a device as torch's default slows each factory call; for a CPU it is not needed.
            with nullcontext() if device.type == "cpu" else device:
                built[variant] = scenario.build(variant, case.scale)
        optimizers = {variant: _optimizers_of(each) for variant, each in built.items()}
    for each in built.values():
        if each.module is not None:
            each.module.train(training)
    if scenario.grad_input and training:
        differentiable = [t for t in flat(base) if t.is_floating_point() or t.is_complex()]
        for t in differentiable or flat(base):
            t.requires_grad_(True)
    return Workload(scenario, case, base, built, optimizers)


def _optimizers_of(built: Built) -> list[OptimizerState]:
    """The optimizers whose state the variant does not declare; declared state is restored as declared, at no cost."""
    found = find_optimizers(built.call, built.update, built.module)
    return [OptimizerState(each) for each in found if is_undeclared(each, (*built.state, *built.read))]
