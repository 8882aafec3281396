"""Prepares a case for measuring, and checks whether its variants agree: the same calls for ops and scenarios."""

from dataclasses import replace

import torch

from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.scenarios import Scenario
from benchmarks.in_flight import noted_variant
from benchmarks.inputs import Inputs, make_inputs
from benchmarks.record import USER, Case
from benchmarks.record.reason import first_line, without_hint
from benchmarks.verify import ops, scenarios
from benchmarks.verify.agreement import Agreement
from benchmarks.verify.derivative import check_derivative
from benchmarks.verify.determinism import deterministic_kernels
from benchmarks.verify.overwritten import is_overwritten, why_overwritten
from benchmarks.verify.writes import compiler_is_loaded, uncompiled
from benchmarks.workload import Workload, make_workload

Prepared = Inputs | Workload


def prepare(pair: Pair | Scenario, case: Case) -> Prepared:
    """Return the tensors of an op's case, or both variants of a scenario's case.

    An error of the pair's own code that builds them is raised as it is.
    """
    return make_workload(pair, case) if isinstance(pair, Scenario) else make_inputs(pair, case)


def check_case(prepared: Prepared, watch: bool = True) -> Agreement | None:
    """Return how far the variants agree, and for a user's own code whether its gradients are derivatives.

    Returns None if they draw different random numbers. Disagreement if they do not do the same work; the message says
    so if they agree uncompiled. RuntimeError if backward finds a saved tensor overwritten: torch's message, with the
    lines that saved and wrote the tensor.
    """
    with deterministic_kernels(prepared.case.device):
        try:
            found = _check(prepared, watch)
            if found and watch and _asks_derivative(prepared):
                found = replace(found, derivative=check_derivative(prepared))
            return found
        except ops.Disagreement as error:
            if _agrees_uncompiled(prepared):
                raise ops.Disagreement(f"{error}; uncompiled, the variants agree") from None
            raise
        except RuntimeError as error:
            variant = noted_variant()
            if not is_overwritten(error) or variant is None:
                raise
            why = why_overwritten(lambda: run_once(prepared, variant))
            raise RuntimeError(f"{without_hint(first_line(error))} {why}".strip()) from error


def _check(prepared: Prepared, watch: bool) -> Agreement | None:
    if isinstance(prepared, Workload):
        return scenarios.check_scenario(prepared, watch)
    return ops.check_op(prepared, watch)


def _agrees_uncompiled(prepared: Prepared) -> bool:
    """Return whether variants that disagree agree without compilation: then the compiled code is wrong."""
    if not compiler_is_loaded():
        return False
    try:
        with uncompiled():
            _check(prepared, watch=False)
    except Exception:  # a disagreement, or any other error of a variant: nothing to add
        return False
    return True


def _asks_derivative(prepared: Prepared) -> bool:
    """Return whether the gradients of a user's own pair are compared with the derivative in this case.

    They are compared in a step, or in any phase that records a graph if the pair has no step.
    """
    case, phases = prepared.case, prepared.pair.phases
    return case.family == USER and case.records_graph and (case.phase == "step" or "step" not in phases)


def run_once(prepared: Prepared, variant: str) -> None:
    """Call one variant once, with its backward if the phase has one, without measuring it."""
    with torch.set_grad_enabled(prepared.case.records_graph):
        subject = prepared.subjects[variant]
        result = subject.call(subject.restore())
        if subject.backward is not None:
            subject.backward(result)
