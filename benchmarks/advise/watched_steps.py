"""The traced execution: what it tells of every site and of every module with a flag, before anything is tried."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from benchmarks.advise.ledger import Ledger
from benchmarks.advise.memory_bound import StepTimeline, WatchedLife
from benchmarks.advise.module_trace import ModuleCall, ModuleTracer
from benchmarks.advise.observe import Observed, modules_by_name, observe
from benchmarks.advise.occurrences import Trace
from benchmarks.advise.proof import SiteFinding, finding_of, worst
from benchmarks.advise.question import Bytes
from benchmarks.advise.side_effects import SideEffects, noted
from benchmarks.advise.step_bytes import StepBytes
from benchmarks.advise.step_trials import executed
from benchmarks.advise.trace import Tracer
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
    counted: tuple[Bytes, ...] = ()  #: of each step
    timelines: tuple[StepTimeline, ...] = ()  #: of each step
    lives: dict[int, WatchedLife] = field(default_factory=dict)  #: of the storages that switches would make one


def watch_steps(steps: Sequence[Step], repeats: int, is_site: Callable[[str], bool], device: str) -> WatchedSteps:
    """Execute the steps, watched, in this process."""
    paths = module_paths()
    trace = Trace(Ledger())
    tracer = Tracer(trace, is_site)
    modules = ModuleTracer(tracer)
    counter = StepBytes(device)
    trace.ledger.around = counter.op
    held_at: list[int] = []

    def call(step: Step, last: bool) -> Any:
        trace.execution_began = trace.ledger.clock
        trace.ledger.backward_began = None
        with noted() as effects, tracer.watching(), modules.watching():
            result = counter.last(step) if last else step()
        if last:
            held_at.append(trace.ledger.backward_began or trace.ledger.clock)
        watched.effects.add(effects)
        gc.collect()
        trace.ledger.note_survivors()
        return result

    watched = WatchedSteps(Observed(), SideEffects())
    with counter.counting():
        seen = executed(steps, repeats, call)
    watched.observed = observe(seen, plain_roots(steps))
    watched.counted = tuple(counter.counted[number] for number in sorted(counter.counted))
    watched.timelines = tuple(StepTimeline(counter.op_by_op[n], at) for n, at in enumerate(held_at))
    for candidate, occurrences in trace.occurrences.items():
        found = finding_of(candidate, occurrences, trace, tracer.source(candidate.place.file))
        watched.findings.append(found)
    for module, calls in modules.calls.items():
        if id(module) in paths and module not in modules.unseen:
            watched.modules[paths[id(module)]] = worst([_of_call(call, trace, tracer) for call in calls])
    for finding in (*watched.findings, *watched.modules.values()):
        watched.lives |= {key: _life(trace, key) for edge in finding.edges for key in edge}
    return watched


def _life(trace: Trace, key: int) -> WatchedLife:
    kept = trace.ledger.storages[key]
    return WatchedLife(kept.born, trace.ledger.clock if kept.ended is None else kept.ended, kept.nbytes)


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
