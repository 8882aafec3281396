"""One pass at work: verifies, measures and stores one case after another."""

import os
import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace
from typing import Any

import torch

from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.scenarios import Scenario
from benchmarks.entry import Interrupted
from benchmarks.in_flight import note_variant
from benchmarks.inputs import Inputs, Subjects, tensors
from benchmarks.measure.clock import Clock, page_faults_per_call
from benchmarks.measure.clocks import make_clock
from benchmarks.measure.cuda_clock import CudaClock
from benchmarks.measure.lost_device import DeviceLost, why_lost
from benchmarks.measure.machine import Interference, cpu_clock_hz
from benchmarks.measure.memory import CountedBytes, UncountedError, measure_memory
from benchmarks.measure.rounds import Budget, Rounds, run_rounds
from benchmarks.record import INPLACE, ITEM_BYTES, OUTOFPLACE, VARIANTS, Case, Measurement
from benchmarks.record.reason import first_line, printable_line
from benchmarks.running.failures import GlobalsChanged, failure
from benchmarks.running.heaps import keep_blocks, needs_fresh_blocks
from benchmarks.running.limits import release_cache, why_too_large, within_memory
from benchmarks.running.run import Pass, Run
from benchmarks.verify.globals.fingerprint import Fingerprint, changes, fingerprint
from benchmarks.verify.prepare import Prepared, check_case, prepare

#: In how many calls page faults are counted; fewer if one call fills a round.
FAULT_CALLS, FEW_FAULT_CALLS = 5, 1

#: The operands of an op's case move between blocks up to this size in all. Larger ones need no moves: they do not stay
#: in a cache, and their pages are scattered over the memory already.
MOST_MOVED_BYTES = 128 * 2**20

#: What `measure_memory` returns under the name of a measurement's field, and is stored as it is.
COUNTED = {each.name for each in fields(CountedBytes)} & {each.name for each in fields(Measurement)}

Stored = tuple[Measurement, Measurement]


class Session:
    """Measures cases for one pass of a run, in this process."""

    def __init__(
        self, run: Run, current: Pass, pairs: Mapping[str, Pair | Scenario], devices: Collection[str] = ("cpu",)
    ) -> None:
        """`devices`: the devices of all cases of this pass. DeviceLost if one of them cannot be used."""
        self._run, self._pass, self._pairs = run, current, pairs
        self._process = os.getpid()
        self._clocks: dict[str, Clock] = {}
        self._interference = Interference()
        self._watched: set[tuple[str, str]] = set()  #: pairs and phases whose writes were checked
        self._globals: Fingerprint | None = None  #: after the last case; None: to be read before the next
        for device in sorted(devices):  # starts CUDA now: what its driver changes in the process is not a case's fault
            if lost := why_lost(device):
                raise DeviceLost(f"{device}: {lost}")

    def find(self, case: Case) -> Stored | None:
        """Return the measurements that the run already holds of a case for this pass; None if it holds none."""
        return self._run.find(case, self._pass)

    def measure(self, case: Case) -> Stored:
        """Measure a case, and store and return both measurements; a failed case has a state and a reason.

        DeviceLost or GlobalsChanged if this process can measure no other case; then nothing is stored. The device is
        checked after each case, also after an error: a failed kernel reports late, and the next case would get it.
        """
        if case.device == "cpu" and torch.get_num_threads() != case.threads:
            torch.set_num_threads(case.threads)
            self._globals = None
        if self._pass.allocator == "large" and not needs_fresh_blocks(case):
            keep_blocks()
        before = self._globals or fingerprint()
        made = self._measure(case)
        if os.getpid() != self._process:
            os._exit(1)  # a callable forked this process: the case belongs to the parent
        if lost := why_lost(case.device):
            raise DeviceLost(lost)
        after = fingerprint()
        self._globals = None if self._pass.allocator == "inherited" else after  # by hand, plugins may change some
        if changed := changes(before, after):
            raise GlobalsChanged(printable_line(f"changed for the cases after it: {', '.join(changed)}"))
        try:
            self._run.append(*made)
        except ValueError as error:  # a number out of its field's range, such as a negative time
            made = _both(self._blank(case), state="crashed", reason=f"cannot be stored: {first_line(error)}")
            self._run.append(*made)
        return made

    def store_lost(self, case: Case, reason: str) -> None:
        """Store that a case ended its process, with the reason, for a pass without a supervisor."""
        self._run.append(*_both(self._blank(case), state="crashed", reason=reason))

    def _measure(self, case: Case) -> Stored:
        blank = self._blank(case)
        try:  # no use of a GPU before this: every use of a lost one raises
            release_cache(case.device)
            if lacking := why_too_large(case):
                return _both(blank, state="out_of_memory", reason=lacking)
            with within_memory(case):
                return self._verify_and_measure(case, blank)
        except Interrupted:
            raise
        except BaseException as error:  # any error of a user's callable ends its case, not the pass
            return _both(blank, **failure(error))
        finally:
            note_variant(None)

    def _verify_and_measure(self, case: Case, blank: Measurement) -> Stored:
        began = time.perf_counter()
        inputs = prepare(self._pairs[case.pair], case)
        verified = self._run.verified(case)
        if inputs.pair.verify and not verified:
            found = check_case(inputs, watch=(case.pair, case.phase) not in self._watched)
            self._watched.add((case.pair, case.phase))
            blank, verified = replace(blank, extra={} if found is None else found.facts), True
        blank = replace(blank, verified=verified)
        with torch.set_grad_enabled(inputs.case.records_graph):
            measure = self._time if blank.kind == "time" else self._count_bytes
            outofplace, inplace = measure(inputs, blank)
        wall_s = time.perf_counter() - began
        return replace(outofplace, wall_s=wall_s), replace(inplace, wall_s=wall_s)

    def _time(self, inputs: Prepared, blank: Measurement) -> Stored:
        """Measure times of both variants, and what explains or disturbs them; return both measurements."""
        case, subjects = inputs.case, inputs.subjects
        clock = self._clock(case.device)
        generator = random.Random(f"{case} {self._pass.pass_number} {self._run.facts.get('start')}")
        self._interference.begin()
        rounds = run_rounds(subjects, case.phase, clock, self._budget(case), generator, _elsewhere(inputs))
        other_load_ratio = self._interference.finish()
        clock_hz = cpu_clock_hz() if case.device == "cpu" else rounds.clock_hz
        ceiling = self._ceiling(case)
        faults = case.device == "cpu" and self._run.counts_faults(self._pass)
        made = {}
        for variant in VARIANTS:
            faulting = FAULT_CALLS if rounds.calls_per_round > 1 else FEW_FAULT_CALLS
            made[variant] = replace(
                blank,
                variant=variant,
                times_s=rounds.times_s[variant],
                host_times_s=rounds.host_times_s[variant],
                calls_per_round=rounds.calls_per_round,
                **_of_gpu(clock, rounds),
                empty_call_s=clock.empty_call_s,
                floor_s=self._run.facts["floors"].get(case.device),
                page_faults=page_faults_per_call(subjects[variant], case.phase, faulting) if faults else None,
                moved_bytes=_moved_bytes(inputs),
                ceiling_bytes_per_s=ceiling.get(variant),
                other_load_ratio=other_load_ratio,
                clock_hz=clock_hz,
                rounds_s=rounds.rounds_s,
            )
        return made[OUTOFPLACE], made[INPLACE]

    def _count_bytes(self, inputs: Prepared, blank: Measurement) -> Stored:
        """Count the bytes of both variants, and return both measurements. For `step` the peak is that of both calls.

        If the allocator does not count, the case is still OK, without bytes and with the reason.
        """
        phase, subjects = inputs.case.phase, inputs.subjects
        made = {}
        for variant in VARIANTS:
            subject = subjects[variant]
            backward = subject.backward if phase in ("backward", "step") else None
            try:
                seen = measure_memory(subject.restore, subject.call, backward, inputs.case.device)
            except UncountedError as error:
                return _both(blank, reason=str(error))
            peak = {"backward": seen.backward_peak_bytes, "step": seen.step_peak_bytes}
            counted: dict[str, Any] = {name: getattr(seen, name) for name in COUNTED}
            counted["peak_bytes"] = peak.get(phase, seen.forward_peak_bytes)
            if not inputs.case.records_graph:
                counted["held_bytes"] = None
            if not inputs.case.scale:  # timelines are stored of scenarios
                counted |= {"forward_live_bytes": (), "backward_live_bytes": ()}
            made[variant] = replace(blank, variant=variant, **counted)
        return made[OUTOFPLACE], made[INPLACE]

    def _blank(self, case: Case) -> Measurement:
        return Measurement(case, OUTOFPLACE, self._pass.kind, self._pass.pass_number)

    def _budget(self, case: Case) -> Budget:
        budget = self._run.facts["budget"]
        of_kind = "gpu_seconds" if case.device != "cpu" else "scenario_seconds" if case.scale else "seconds"
        return Budget(budget.get(of_kind, budget["seconds"]), budget["precision"])

    def _clock(self, device: str) -> Clock:
        if device not in self._clocks:
            self._clocks[device] = make_clock(device)
        return self._clocks[device]

    def _ceiling(self, case: Case) -> dict[str, float]:
        """Return the bandwidth per variant at the case's size, of a copy and of a write in place; empty if unknown."""
        wanted = (case.device, case.threads, case.numel * ITEM_BYTES[case.dtype])
        for row in self._run.facts["ceilings"]:
            if (row["device"], row["threads"], row["tensor_bytes"]) == wanted:
                return {OUTOFPLACE: row["copy_bytes_per_s"], INPLACE: row["inplace_write_bytes_per_s"]}
        return {}


def _of_gpu(clock: Clock, rounds: Rounds) -> dict[str, Any]:
    """Return the fields that say how a GPU was timed; empty for a CPU."""
    if not isinstance(clock, CudaClock):
        return {}
    return {
        "held": clock.unheld is None,
        "unheld_reason": clock.unheld,
        "cache": clock.cache,
        "throttled_blocks": rounds.throttled_blocks,
        "dropped_blocks": rounds.dropped_blocks,
    }


def _elsewhere(inputs: Prepared) -> Callable[[], Subjects] | None:
    """Return a function that makes a case's tensors in other blocks, or None if they are not moved.

    They are not moved for scenarios, GPUs, large tensors, and a heap that maps each block anew.
    """
    if not isinstance(inputs, Inputs) or inputs.case.device != "cpu" or inputs.case.allocator == "fresh":
        return None
    if sum(t.nbytes for t in inputs.operands) > MOST_MOVED_BYTES:
        return None
    return lambda: inputs.elsewhere().subjects


def _moved_bytes(inputs: Prepared) -> int | None:
    """Return the bytes that the op must read and write: each tensor operand once, and the result once.

    None for backward, step and scenarios, and for ops that are not elementwise: they may read an operand many times.
    """
    if not isinstance(inputs, Inputs):
        return None
    pair = inputs.pair
    if inputs.case.phase not in ("inference", "forward") or pair.random or pair.shape not in ("vector", "parameters"):
        return None
    own = sum(t.nbytes for t in tensors(inputs.base))
    return sum(t.nbytes for t in inputs.operands) + own * (0 if pair.overwrites else 1)


def _both(blank: Measurement, **changes: object) -> Stored:
    """Return two measurements, one per variant, that are `blank` with these changes."""
    one = replace(blank, **changes)
    return one, replace(one, variant=INPLACE)
