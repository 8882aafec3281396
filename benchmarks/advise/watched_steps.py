"""The traced execution: what it tells of every site and of every module with a flag, before anything is tried."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from benchmarks.advise.ledger import Ledger
from benchmarks.advise.module_trace import ModuleCall, ModuleTracer
from benchmarks.advise.observe import Observed, modules_by_name, observe
from benchmarks.advise.proof import SiteFinding, finding_of, worst
from benchmarks.advise.side_effects import SideEffects, noted
from benchmarks.advise.step_trials import executed
from benchmarks.advise.trace import Trace, Tracer
from benchmarks.advise.user_code import Step, plain_roots

#: A module by its outermost module and its path in it.
ModulePath = tuple[str, str]


@dataclass
class WatchedSteps:
    """What the traced execution found, fit to be sent."""

    observed: Observed
    effects: SideEffects
    findings: list[SiteFinding] = field(default_factory=list)
    modules: dict[ModulePath, SiteFinding] = field(default_factory=dict)  #: of those that were called


def watch_steps(steps: Sequence[Step], repeats: int, is_site: Callable[[str], bool]) -> WatchedSteps:
    """Execute the steps, watched, in this process."""
    paths = module_paths()
    trace = Trace(Ledger())
    tracer = Tracer(trace, is_site)
    modules = ModuleTracer(tracer)

    def call(step: Step, last: bool) -> Any:
        trace.execution_began = trace.ledger.clock
        with noted() as effects, tracer.watching(), modules.watching():
            result = step()
        watched.effects.add(effects)
        gc.collect()
        trace.ledger.note_survivors()
        return result

    watched = WatchedSteps(Observed(), SideEffects())
    watched.observed = observe(executed(steps, repeats, call), plain_roots(steps))
    for candidate, occurrences in trace.occurrences.items():
        found = finding_of(candidate, occurrences, trace, tracer.source(candidate.place.file))
        watched.findings.append(found)
    for module, calls in modules.calls.items():
        if id(module) in paths and module not in modules.unseen:
            watched.modules[paths[id(module)]] = worst([_of_call(call, trace, tracer) for call in calls])
    return watched


def module_paths() -> dict[int, ModulePath]:
    """By its identity, where each module is found from its outermost one."""
    named = modules_by_name().items()
    return {id(module): (root, path) for root, outer in named for path, module in outer.named_modules()}


def module_at(path: ModulePath) -> nn.Module:
    """The module of a path."""
    return modules_by_name()[path[0]].get_submodule(path[1])


def _of_call(call: ModuleCall, trace: Trace, tracer: Tracer) -> SiteFinding:
    occurrence = call.occurrence
    kept = trace.ledger.storages.get(occurrence.key) if occurrence.key is not None else None
    nameless = kept is not None and kept.born > occurrence.between
    return finding_of(call.caller, [occurrence], trace, tracer.source(call.caller.place.file), nameless)
