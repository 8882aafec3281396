"""Execute the steps while they are watched, and return the finding on every site, before any switch is tried."""

import gc
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from benchmarks.advise.source.own_returns import OwnReturns
from benchmarks.advise.source.rewrite import Source, read_or_none
from benchmarks.advise.switches.candidates import Candidate
from benchmarks.advise.switches.candidates_on_line import NO_COLUMNS
from benchmarks.advise.switches.flags import Makers, flag_candidate
from benchmarks.advise.switches.inplace_calls import OutOfPlace, anchor_of
from benchmarks.advise.switches.optimizer_forms import SKIPPED, note_zeroing
from benchmarks.advise.trials.built_parts import ModulePath, module_paths
from benchmarks.advise.trials.cuda_step_bytes import step_counter
from benchmarks.advise.trials.observe import Observed, observe
from benchmarks.advise.trials.step_trials import execute_each
from benchmarks.advise.user.question import LEAVE, MAY, SourcePlace
from benchmarks.advise.user.side_effects import SideEffects, note_side_effects
from benchmarks.advise.user.user_code import Step, plain_roots
from benchmarks.advise.verdicts.memory_bound import StepTimeline, WatchedLife
from benchmarks.advise.verdicts.proof import UNSEEN, SiteFinding, finding_of, worst
from benchmarks.advise.watch.ledger import Ledger
from benchmarks.advise.watch.module_trace import ModuleCall, ModuleTracer
from benchmarks.advise.watch.occurrences import Trace
from benchmarks.advise.watch.survivors import note_keepers
from benchmarks.advise.watch.trace import Tracer


@dataclass
class WatchedSteps:
    """The result of the watched executions; it can be pickled."""

    observed: Observed
    effects: SideEffects
    findings: list[SiteFinding] = field(default_factory=list)  #: on candidates
    modules: dict[ModulePath, SiteFinding] = field(default_factory=dict)  #: on modules that were called, flag off
    in_place: dict[OutOfPlace, int] = field(default_factory=dict)  #: by call in place, the bytes that torch copied
    in_place_modules: dict[ModulePath, int] = field(default_factory=dict)  #: by module with its flag on, these bytes
    anchors: dict[tuple[str, int, int], SiteFinding] = field(default_factory=dict)  #: by file, `anchor_of`, operand
    made_unknown: set[SourcePlace] = field(default_factory=set)  #: expressions in a step whose modules have no finding
    made_in_place: set[SourcePlace] = field(default_factory=set)  #: expressions in a step that make modules, flag on
    timelines: tuple[StepTimeline, ...] = ()  #: per step
    may_be_wrong: bool = False  #: some write in the user's code may make values or gradients wrong
    streams: int = 0  #: how many streams of the GPU ops were called in; 0 on the CPU
    lives: dict[int, WatchedLife] = field(default_factory=dict)  #: by storage that a switch would join with another


def watch_steps(
    steps: Sequence[Step], repeats: int, is_site: Callable[[str], bool], device: str, texts: Mapping[str, str]
) -> WatchedSteps:
    """Execute each step `repeats` times in this process, watched, and return what was found.

    `is_site`: whether a file may hold sites. `texts`: by file, the text that its functions run, if it was changed.
    """
    paths = module_paths()
    watch = _Watch(is_site, device, repeats, texts)
    trace, tracer, modules = watch.trace, watch.tracer, watch.modules
    with watch.counter.counting():
        seen = execute_each(steps, repeats, watch.call)
    watched = WatchedSteps(observe(seen, plain_roots(steps)), watch.effects)
    watched.may_be_wrong = trace.ledger.may_be_wrong
    watched.streams = len(watch.counter.streams)
    watched.timelines = tuple(watch.timelines())
    of_tensors = {site.place for site in (*trace.occurrences, *trace.in_place)}
    trace.own_returns = OwnReturns(trace.callees, trace.lines, lambda file: _source_of(tracer, file), of_tensors)
    for candidate, occurrences in trace.occurrences.items():
        source = tracer.source(candidate.place.file)
        watched.findings.append(finding_of(candidate, occurrences, trace, source))
    unplaced = sorted(trace.unplaced - set(trace.occurrences), key=lambda each: (each.place.column, each.operand))
    watched.findings += [SiteFinding(each, LEAVE, NO_COLUMNS) for each in unplaced]
    watched.in_place = trace.in_place
    watched.in_place_modules = {paths[id(m)]: n for m, n in modules.in_place.items() if id(m) in paths}
    watched.findings += [SiteFinding(each, MAY, UNSEEN, warning=SKIPPED) for each in watch.zeroing]
    for module, calls in modules.calls.items():
        if id(module) in paths and module not in modules.unseen:
            watched.modules[paths[id(module)]] = worst([_of_call(call, trace, tracer) for call in calls])
    watched.findings += _of_made_modules(watch)
    found = {each.candidate.place for each in watched.findings if each.candidate is not None}
    watched.made_unknown = {place for place, _ in modules.made if place not in found}
    watched.made_in_place = modules.made_in_place
    watched.anchors = _by_anchor(watched.findings, tracer)
    for finding in (*watched.findings, *watched.modules.values()):
        for edge in finding.edges:
            watched.lives |= {key: _life(trace, key) for key in (edge.operand, edge.result)}
    return watched


def _by_anchor(findings: Sequence[SiteFinding], tracer: Tracer) -> dict[tuple[str, int, int], SiteFinding]:
    found: dict[tuple[str, int, int], SiteFinding] = {}
    for finding in findings:
        candidate = finding.candidate
        source = tracer.source_or_none(candidate.place.file) if candidate is not None else None
        node = source.node(candidate.place) if source is not None and candidate is not None else None
        anchor = anchor_of(source, node) if source is not None and node is not None else None
        if candidate is not None and anchor is not None:
            key = candidate.place.file, anchor, candidate.operand
            found[key] = worst([finding, found[key]]) if key in found else finding
    return found


def _source_of(tracer: Tracer, file: str) -> Source | None:
    """Return the source of any file, even one that may hold no sites; None if it cannot be read."""
    return tracer.source_or_none(file) or read_or_none(file)


class _Watch:
    """The recorders that run while the steps are executed."""

    def __init__(self, is_site: Callable[[str], bool], device: str, repeats: int, texts: Mapping[str, str]) -> None:
        self.trace = Trace(Ledger())
        self.tracer = Tracer(self.trace, is_site, texts)
        self.makers = Makers(lambda file: _source_of(self.tracer, file))  #: notes the modules that a step makes
        self.modules = ModuleTracer(self.tracer, self.makers.place_of)
        self.counter = step_counter(device)
        self.trace.ledger.around = self.counter.op
        self.effects = SideEffects()
        self.zeroing: dict[Candidate, None] = {}  #: the calls of `zero_grad` that write zeros, in their order
        self._repeats = repeats
        self._held_at: list[int] = []
        self._updates: list[list[tuple[int, int]]] = []

    def call(self, step: Step, last: bool) -> Any:
        """Execute a step once with all recorders, and return its result. `last`: it is the step's last execution."""
        ledger = self.trace.ledger
        self.tracer.looks_at_variables = not last or self._repeats == 1 or sys.version_info >= (3, 13)
        self.tracer.numbers.looks = self.tracer.looks_at_variables
        self.trace.execution_began, ledger.backward_began = ledger.clock, None
        self.trace.executions.append(ledger.clock)
        with ExitStack() as stack:
            effects = stack.enter_context(note_side_effects())
            stack.enter_context(self.tracer.watching())
            stack.enter_context(self.makers.watching_step())
            stack.enter_context(self.modules.watching())
            stack.enter_context(note_zeroing(self.tracer.source_or_none, lambda each: self.zeroing.setdefault(each)))
            updates = stack.enter_context(_note_updates(ledger))
            result = self.counter.last(step) if last else step()
        if last:
            self._held_at.append(ledger.backward_began or ledger.clock)
            self._updates.append(updates)
        self.effects.add(effects)
        gc.collect()
        ledger.note_survivors()
        note_keepers(self.trace, result)
        return result

    def timelines(self) -> Iterator[StepTimeline]:
        """Yield the timeline of each step; call it when counting has ended."""
        for number, (held_at, updates) in enumerate(zip(self._held_at, self._updates, strict=True)):
            yield StepTimeline(self.counter.op_by_op[number], held_at, updates, self.trace.ledger.engine_sums)


@contextmanager
def _note_updates(ledger: Ledger) -> Iterator[list[tuple[int, int]]]:
    """Yield a list that gets the first and the last moment of each optimizer update within this block."""
    began: list[int] = []
    found: list[tuple[int, int]] = []
    hooks = (
        register_optimizer_step_pre_hook(lambda *_: began.append(ledger.clock + 1)),
        register_optimizer_step_post_hook(lambda *_: found.append((began.pop(), ledger.clock))),
    )
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _of_made_modules(watch: _Watch) -> Iterator[SiteFinding]:
    """Yield a finding per expression in a step that made modules, unless a call of these was not understood."""
    for (place, class_name), calls in watch.modules.made.items():
        source = watch.tracer.source_or_none(place.file)
        candidate = flag_candidate(source, place, class_name) if source is not None else None
        known = [call for call in calls if call is not None]
        if candidate is not None and len(known) == len(calls):
            yield replace(worst([_of_call(call, watch.trace, watch.tracer) for call in known]), candidate=candidate)


def _life(trace: Trace, key: int) -> WatchedLife:
    kept = trace.ledger.storages[key]
    return WatchedLife(kept.born, trace.ledger.clock if kept.ended is None else kept.ended, kept.nbytes)


def _of_call(call: ModuleCall, trace: Trace, tracer: Tracer) -> SiteFinding:
    occurrence = call.occurrence
    kept = trace.ledger.storages.get(occurrence.key) if occurrence.key is not None else None
    nameless = kept is not None and kept.born > occurrence.between
    return finding_of(call.caller, [occurrence], trace, tracer.source(call.caller.place.file), nameless)
