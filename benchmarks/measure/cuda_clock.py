"""A GPU's clock: CUDA events around calls that are all queued before the first one starts.

Events around one small call would measure launch gaps. So inputs are prepared, a spin kernel holds the stream while the
host queues start event, calls and stop event, and the device then runs them back to back.

- Nothing new may happen behind the spin. A kernel's first use, a handle, a plan waits for the device, and so for the
  spin (CUDA C Programming Guide, lazy loading): both variants run unheld first.
- A spin lasts one and a half times as long as the host needs for this round, after a late one at most twice, and never
  longer than LONGEST_SPIN_S. Its cycles per second are measured right before it, since an idle GPU's clock rises when
  work comes. Nothing is kept from one case to the next.
- The launch queue holds about 1,000 kernels. A round gets fewer calls where it would not fit.
- What cannot be held (it waits for the device, or one call fills the queue) is timed unheld, both variants alike, and
  `unheld` says why: then host and device are measured together, which is what such code costs.
- A round's prepared inputs fit into the L2 cache where one of them does, so that both variants find their input there,
  as they find their result's memory; larger ones are streamed by both.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import torch

from benchmarks.inputs import Subject
from benchmarks.measure.clock import NS, Round, calls_to_fill
from benchmarks.measure.gpu import Monitor
from benchmarks.measure.spin import Spin

#: What is late behind it is timed unheld: no round holds the device, or a Ctrl-C, longer than this.
LONGEST_SPIN_S = 0.02
#: A spin in shares of the host's time for the round. Those after the first are tried in turn where the host was late,
#: each after its time was asked again.
SPIN_SHARES = (1.5, 1.9, 1.9)
#: What may interrupt a host, however little it has to do: a part of its time for every round.
INTERRUPTED_S = 10e-6
#: The spin that tells a call that waits for the device from one that does not, and how often each is asked.
WAIT_SPIN_S, WAIT_TRIES = 3e-3, 3
#: Of the L2 cache, what a round's prepared inputs may take: results and other operands take the rest.
CACHE_SHARE = 1 / 3
#: Of the free memory, what a round's prepared inputs may take; graphs, results and gradients take the rest.
MEMORY_SHARE = 1 / 4
#: Host seconds of a round at most: a third of the longest spin is left for a host that is late.
HOST_ROUND_S = 5e-3

SYNCHRONISES, LONG_LAUNCH, LATE = "synchronises", "long launch", "the host was late"
HOT, STREAMED = "hot", "streamed"


class _Seen(NamedTuple):
    """One round as the events and the host saw it; `held`: the device reached the first call after all were queued."""

    seconds: float
    host_s: float
    around_s: float  #: the host's for the events, and whatever else lies between the first and the last of them
    held: bool
    clock_hz: float | None
    throttled: bool | None


class CudaClock:
    """Device seconds per call, and beside them the host's."""

    empty_call_s = 0.0
    round_s = 500e-6  # events resolve about half a microsecond
    most_calls = 64

    def __init__(self, device: str, cuda: Any = torch.cuda, monitor: Monitor | None = None) -> None:
        self._cuda = cuda
        self._device = device
        self._monitor = monitor or Monitor(device, cuda)
        self._spin = Spin(cuda)
        #: Host seconds of a call, by the subject's identity: held by itself, a case's tensors would outlive the case.
        self._host_s: dict[int, float] = {}
        self._around_s = 0.0  #: the host's seconds of a round beside its calls
        self.unheld: str | None = None
        self.cache: str | None = None  #: where a round's inputs lie when its calls start: HOT or STREAMED

    def prepare(self, subjects: Mapping[str, Subject], phase: str) -> int:
        """Warm the variants up unheld, find out whether they can be held, and how many calls fill a round of each."""
        self.unheld = None
        self._host_s, self._around_s = {}, 0.0
        with self._cuda.device(self._device):
            for subject in subjects.values():
                self._queue(subject, phase, 1, 0.0)  # kernels are loaded, handles and plans are made
                self._ask_host(subject, phase)
            self._spin.calibrate()
            first = [self._held(subject, phase, 1) for subject in subjects.values()]
            if not all(seen.held for seen in first):
                self.unheld = self._why(subjects.values(), phase)
                first = [self._queue(subject, phase, 1, 0.0) for subject in subjects.values()]
            most, self.cache = self._most_calls(subjects.values())
            calls = calls_to_fill(self.round_s, max(seen.seconds for seen in first), most)
            while calls > 1 and not self._can_hold(subjects.values(), phase, calls):
                calls //= 2
        return calls

    def round(self, subject: Subject, phase: str, calls: int) -> Round:
        """Device seconds per call, and host seconds per call, of `calls` calls on prepared inputs."""
        with self._cuda.device(self._device):
            if self.unheld is None:
                seen = self._held(subject, phase, calls)
                if not seen.held:
                    self.unheld = LATE  # from here on: rounds of two kinds never meet in one case
            else:
                seen = self._queue(subject, phase, calls, 0.0)
        return Round(seen.seconds / calls, seen.host_s / calls, seen.clock_hz, seen.throttled)

    def _held(self, subject: Subject, phase: str, calls: int) -> _Seen:
        """A round behind a spin, once more behind a new one where the host was late."""
        for share in SPIN_SHARES:
            spin_s = share * (self._host_s[id(subject)] * calls + self._around_s + INTERRUPTED_S)
            seen = self._queue(subject, phase, calls, min(LONGEST_SPIN_S, spin_s))
            if seen.held or spin_s > LONGEST_SPIN_S:
                break
            self._ask_host(subject, phase)
        return seen

    def _ask_host(self, subject: Subject, phase: str) -> None:
        """How long the host needs for a call that nothing holds, and for what is around it: the longest so far."""
        seen = self._queue(subject, phase, 1, 0.0)
        self._host_s[id(subject)] = max(self._host_s.get(id(subject), 0.0), seen.host_s)
        self._around_s = max(self._around_s, seen.around_s)

    def _can_hold(self, subjects: Iterable[Subject], phase: str, calls: int) -> bool:
        return self.unheld is not None or all(self._held(subject, phase, calls).held for subject in subjects)

    def _queue(self, subject: Subject, phase: str, calls: int, spin_s: float) -> _Seen:
        cuda = self._cuda
        prepared = [subject.restore() for _ in range(calls)]
        if phase == "backward":
            prepared = [subject.call(x) for x in prepared]
        start, stop = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
        cuda.synchronize(self._device)
        if spin_s:
            self._spin.hold(spin_s)
        queueing = time.perf_counter_ns()
        start.record()
        host_ns = 0
        for i in range(calls):
            x, prepared[i] = prepared[i], None
            gradients = None
            began = time.perf_counter_ns()
            if phase != "backward":
                x = subject.call(x)
            if phase in ("backward", "step"):
                assert subject.backward is not None
                gradients = subject.backward(x)
            host_ns += time.perf_counter_ns() - began
            del x, gradients  # on one stream their memory is free at once, as in a loop that a user writes
        stop.record()
        around_ns = time.perf_counter_ns() - queueing - host_ns
        # The start event not yet reached: everything was queued before the device came to it.
        held = not start.query()
        clock_hz, throttled = self._monitor.look(time.perf_counter_ns)  # while the calls run: idle it has another clock
        stop.synchronize()
        seconds = max(0.0, start.elapsed_time(stop) / 1e3 - self._spin.empty_pair_s)
        return _Seen(seconds, NS * host_ns, NS * around_ns, held, clock_hz, throttled)

    def _most_calls(self, subjects: Iterable[Subject]) -> tuple[int, str]:
        """The most calls of a round, by L2 cache, free memory and the host's time; and where their inputs lie then."""
        share = CACHE_SHARE * self._cuda.get_device_properties(self._device).L2_cache_size
        input_bytes = max(_bytes_of(subject.restore()) for subject in subjects)
        fitting = int(share // max(1, input_bytes))
        free_bytes = self._cuda.mem_get_info(self._device)[0]
        by_memory = int(MEMORY_SHARE * free_bytes // max(1, input_bytes))
        by_host = int(HOST_ROUND_S / max(1e-9, max(self._host_s.values())))
        most = max(1, min(self.most_calls, by_host, by_memory, fitting or self.most_calls))
        return most, HOT if fitting else STREAMED

    def _why(self, subjects: Iterable[Subject], phase: str) -> str:
        """Why a case cannot be held."""
        return SYNCHRONISES if any(self._waits(subject, phase) for subject in subjects) else LONG_LAUNCH

    def _waits(self, subject: Subject, phase: str) -> bool:
        """Whether a call waits for the device: behind a spin it then takes longer by what is left of the spin.

        Compared are the shortest of some tries: a longer one may have been interrupted. A wait counts in the first half
        of the spin alone: most of the spin is over before a thousand launches have filled the queue behind it. A call
        that first waits after as many launches is a long launch, too.
        """
        alone_s, behind_s = [], []
        for _ in range(WAIT_TRIES):
            alone_s.append(self._queue(subject, phase, 1, 0.0).host_s)
            behind_s.append(self._queue(subject, phase, 1, WAIT_SPIN_S).host_s)
        return min(behind_s) - min(alone_s) > WAIT_SPIN_S / 2


def _bytes_of(value: Any) -> int:
    """Bytes of the tensors in what a subject restores, in lists and tuples at any depth."""
    if isinstance(value, list | tuple):
        return sum(map(_bytes_of, value))
    return getattr(value, "nbytes", 0)
