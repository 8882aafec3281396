"""A GPU's clock: CUDA events around calls that are all queued before the first one starts.

Events around one small call would measure launch gaps. So inputs are prepared, a spin kernel holds the stream while the
host queues start event, calls and stop event, and the device then runs them back to back.

- No first use may happen behind the spin. A kernel's first use, a handle or a plan waits for the device, and so for the
  spin (CUDA C Programming Guide, lazy loading): both variants run unheld first.
- A spin lasts 1.5 times the host's time for this round, after a late host at most twice it, and never longer than
  LONGEST_SPIN_S. Its cycles per second are measured right before it, since an idle GPU's clock rises when work comes.
  Nothing is kept from one case to the next.
- The launch queue holds about 1,000 kernels. A round that would not fit gets fewer calls.
- A call that cannot be held (it waits for the device, or fills the queue alone) is timed unheld, both variants alike,
  and `unheld` says why: then host and device are measured together, which is what such code costs.
- A round's prepared inputs fit into the L2 cache if one of them does, so that both variants find their input there, as
  they find their result's memory; both variants stream larger inputs.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import torch

from benchmarks.inputs import Subject
from benchmarks.measure.clock import NS, Round, calls_to_fill
from benchmarks.measure.gpu import Monitor
from benchmarks.measure.spin import Spin

#: A host that is later than this is timed unheld: no round holds the device, or a Ctrl-C, longer.
LONGEST_SPIN_S = 0.02
#: Length of a spin, as a share of the host's time for the round. If the host was late, the later shares are tried in
#: turn, each after its time was measured again.
SPIN_SHARES = (1.5, 1.9, 1.9)
#: Added to the host's time of every round: interruptions, however little the host does.
INTERRUPTED_S = 10e-6
#: The spin that shows whether a call waits for the device, and how often it is tried.
WAIT_SPIN_S, WAIT_TRIES = 3e-3, 3
#: The share of the L2 cache for a round's prepared inputs; results and other operands take the rest.
CACHE_SHARE = 1 / 3
#: The share of free memory for a round's prepared inputs; graphs, results and gradients take the rest.
MEMORY_SHARE = 1 / 4
#: Host seconds per round at most, well below the longest spin: the rest is for a late host.
HOST_ROUND_S = 5e-3

SYNCHRONISES, LONG_LAUNCH, LATE = "synchronises", "long launch", "the host was late"
HOT, STREAMED = "hot", "streamed"


class _Seen(NamedTuple):
    """One round as events and host saw it; `held`: the device reached the first call after all calls were queued."""

    seconds: float
    host_s: float
    around_s: float  #: the host's time between the first and the last event, without the calls
    held: bool
    clock_hz: float | None
    throttled: bool | None


class CudaClock:
    """Device seconds per call, and the host's."""

    empty_call_s = 0.0
    round_s = 500e-6  # events resolve about half a microsecond
    most_calls = 64

    def __init__(self, device: str, cuda: Any = torch.cuda, monitor: Monitor | None = None) -> None:
        self._cuda = cuda
        self._device = device
        self._monitor = monitor or Monitor(device, cuda)
        self._spin = Spin(cuda)
        #: Host seconds per call, by the subject's identity: a reference to the subject would keep a case's tensors
        #: alive.
        self._host_s: dict[int, float] = {}
        self._around_s = 0.0  #: the host's seconds per round besides its calls
        self.unheld: str | None = None
        self.cache: str | None = None  #: where a round's inputs are when its calls start: HOT or STREAMED

    def prepare(self, subjects: Mapping[str, Subject], phase: str) -> int:
        """Warm the variants up, and find out whether they can be held. Returns how many calls fill a round."""
        self.unheld = None
        self._host_s, self._around_s = {}, 0.0
        with self._cuda.device(self._device):
            for subject in subjects.values():
                self._queue(subject, phase, 1, 0.0)  # loads kernels, makes handles and plans
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
        """Device and host seconds per call, of `calls` calls on prepared inputs."""
        with self._cuda.device(self._device):
            if self.unheld is None:
                seen = self._held(subject, phase, calls)
                if not seen.held:
                    self.unheld = LATE  # from here on: a case never mixes the two kinds of rounds
            else:
                seen = self._queue(subject, phase, calls, 0.0)
        return Round(seen.seconds / calls, seen.host_s / calls, seen.clock_hz, seen.throttled)

    def _held(self, subject: Subject, phase: str, calls: int) -> _Seen:
        """A round behind a spin; again behind a longer one if the host was late."""
        for share in SPIN_SHARES:
            spin_s = share * (self._host_s[id(subject)] * calls + self._around_s + INTERRUPTED_S)
            seen = self._queue(subject, phase, calls, min(LONGEST_SPIN_S, spin_s))
            if seen.held or spin_s > LONGEST_SPIN_S:
                break
            self._ask_host(subject, phase)
        return seen

    def _ask_host(self, subject: Subject, phase: str) -> None:
        """Measure the host's time per unheld call, and around it; the longest so far count."""
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
            del x, gradients  # on one stream their memory is free at once, as in a user's loop
        stop.record()
        around_ns = time.perf_counter_ns() - queueing - host_ns
        # The start event not yet reached: everything was queued before the device came to it.
        held = not start.query()
        clock_hz, throttled = self._monitor.look(time.perf_counter_ns)  # while calls run: idle, it has another clock
        stop.synchronize()
        seconds = max(0.0, start.elapsed_time(stop) / 1e3 - self._spin.empty_pair_s)
        return _Seen(seconds, NS * host_ns, NS * around_ns, held, clock_hz, throttled)

    def _most_calls(self, subjects: Iterable[Subject]) -> tuple[int, str]:
        """The most calls of a round, by L2 cache, free memory and the host's time; and where their inputs then are."""
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
        """Whether a call waits for the device: behind a spin it then takes longer, by the rest of the spin.

        Compares the shortest of some tries: longer ones may have been interrupted. A wait must last at least half of
        the spin: once a thousand launches have filled the queue, most of the spin is over. A call that waits only after
        that many launches counts as a long launch.
        """
        alone_s, behind_s = [], []
        for _ in range(WAIT_TRIES):
            alone_s.append(self._queue(subject, phase, 1, 0.0).host_s)
            behind_s.append(self._queue(subject, phase, 1, WAIT_SPIN_S).host_s)
        return min(behind_s) - min(alone_s) > WAIT_SPIN_S / 2


def _bytes_of(value: Any) -> int:
    """Bytes of the tensors that a subject restores, in lists and tuples at any depth."""
    if isinstance(value, list | tuple):
        return sum(map(_bytes_of, value))
    return getattr(value, "nbytes", 0)
