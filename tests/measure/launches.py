"""The launches of a case on a GPU, as programs of a simulated one, counted from the aten ops of its call and backward.

Each aten op that computes counts as one launch, which is close: a reduction may take two kernels, a foreach or fused op
some. An op's case runs on the CPU at 1 Ki elements, with its bytes scaled to its size; a scenario's runs on the meta
device, at its scale on a GPU. A compiled variant is counted uncompiled, an upper bound, since Inductor fuses ops into
one kernel. A dispatch mode does not see what torch does only without one: WAITING names such ops.
"""

import contextlib
import functools
import importlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from unittest import mock

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks import workload
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.scenarios import Scenario, topic_of
from benchmarks.inputs import Subject
from benchmarks.planning import axes
from benchmarks.planning.presets import COMPILED
from benchmarks.record import VARIANTS, Case
from benchmarks.verify.prepare import prepare
from benchmarks.workload import flat
from tests.measure.meta_results import RememberedResults
from tests.measure.simulated_card import Kernel, Program, Wait

NUMEL = 1024
BYTES_PER_S = 4.3e12
START_NS, HOST_NS = 2_000, 5_000
#: Backward of cumprod checks whether a value is zero (ATen, `cumprod_backward`: `is_zero.any().item()`).
WAITING = ("cumprod",)
#: A scenario that updates has no phase `backward`: its step would have used up the gradients.
HALVES = ("forward", "backward")
#: Ops that make a tensor and launch nothing.
EMPTY = ("aten.empty", "aten.new_empty", "aten.detach", "aten.lift")

#: torch.optim takes the module's name out of itself.
_OPTIMIZER = importlib.import_module("torch.optim.optimizer")
_TINY = axes.Axes(devices=("cpu",), threads=(1,), numels=(NUMEL,))
_ANY = axes.Slice((), (), "any")


class Launch(NamedTuple):
    """A launch: the op, and the bytes of its arguments and results. A call that waits has no op."""

    op: str
    nbytes: int

    @property
    def waits(self) -> bool:
        """Whether the host waits for the device here, as in `.item()`."""
        return not self.op


@dataclass(frozen=True)
class Launches:
    """What each variant's call and backward launch, and the bytes of the input that a round prepares."""

    call: Mapping[str, tuple[Launch, ...]]
    backward: Mapping[str, tuple[Launch, ...] | None]
    input_bytes: int

    def timed(self, variant: str, phase: str) -> tuple[Launch, ...]:
        """The launches between a round's events in one call of a phase."""
        call = () if phase == "backward" else self.call[variant]
        backward = self.backward[variant] if phase in ("backward", "step") else None
        return (*call, *(backward or ()))


def program_of(launches: Sequence[Launch], scale: float) -> Program:
    """The program of a simulated GPU: bytes at its bandwidth, plus the time to start each kernel."""
    return [
        Kernel(op, START_NS + round(nbytes * scale / BYTES_PER_S * 1e9), HOST_NS) if op else Wait()
        for op, nbytes in launches
    ]


def launches_of(pair: Pair | Scenario, case: Case, known: dict[Case, Launches]) -> tuple[Launches, float]:
    """The launches of a CUDA case, and the factor by which their bytes are larger in that case.

    `known` caches them: an op's are the same at every size, and a step's are those of forward and backward.
    """
    if case.phase in HALVES and "step" in pair.phases:
        case = replace(case, phase="step")
    unsized = case if case.scale else replace(case, numel=0, shape=(), device="cpu")
    if unsized not in known:
        known[unsized] = _of_scenario(pair, case) if isinstance(pair, Scenario) else _of_op(pair, unsized)
    return known[unsized], 1.0 if case.scale else case.numel / NUMEL


def _of_scenario(scenario: Scenario, case: Case) -> Launches:
    on_meta = replace(case, device="meta")
    with on_the_meta_device():
        return _counted(prepare(uncompiled(scenario), on_meta).subjects, on_meta)


@contextlib.contextmanager
def on_the_meta_device() -> Iterator[None]:
    """A context in which scenarios are built and called without values; a fused optimizer takes it for a GPU."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(workload, "sample", _no_values))
        fused = mock.patch.object(_OPTIMIZER, "_get_fused_kernels_supported_devices", lambda: ["meta"])
        stack.enter_context(fused)
        stack.enter_context(torch.device("meta"))
        stack.enter_context(RememberedResults())
        yield


def uncompiled(scenario: Scenario) -> Scenario:
    """A scenario with its variants as they are written, whether or not they are compiled."""
    if topic_of(scenario.name) not in COMPILED:
        return scenario
    written = {variant: getattr(scenario, variant).args[0] for variant in VARIANTS}
    return replace(scenario, **{name: functools.partial(each.build, name) for name, each in written.items()})


def _of_op(pair: Pair, unsized: Case) -> Launches:
    (shape,) = axes._shapes(_ANY, pair, _TINY, "cpu", unsized.layout, unsized.operand)
    tiny = replace(unsized, shape=shape, numel=math.prod(shape))
    return _counted(prepare(pair, tiny).subjects, tiny)


def _no_values(domain: str, shape: Any, dtype: Any, device: Any, role: str) -> torch.Tensor:
    """The meta device has no generator, and no values."""
    return torch.empty(shape, dtype=dtype, device=device)


class _Count(TorchDispatchMode):
    def __init__(self, device: str) -> None:
        super().__init__()
        self._device = device
        self.launches: list[Launch] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        given = flat((args, *kwargs.values(), result) if kwargs else (args, result))
        if not any(t.device.type == self._device for t in given):
            return result  # an optimizer counts its steps on the CPU
        if func is torch.ops.aten._local_scalar_dense.default:
            self.launches.append(Launch("", 0))
        elif not _launches_nothing(func):
            seen = {id(t): t.nbytes for t in given}
            self.launches.append(Launch(str(func), sum(seen.values())))
        return result


@functools.cache
def _launches_nothing(func: Any) -> bool:
    """Whether an op only makes a tensor, or another view of one."""
    aliases = [each.alias_info for each in func._schema.returns if each.alias_info]
    return str(func).startswith(EMPTY) or (bool(aliases) and not any(alias.is_write for alias in aliases))


def _counted(subjects: Mapping[str, Subject], case: Case) -> Launches:
    calls, backwards, nbytes = {}, {}, 0
    with torch.set_grad_enabled(case.phase != "inference"):
        for variant in VARIANTS:
            subject = subjects[variant]
            x = subject.restore()
            nbytes = sum(t.nbytes for t in flat(x))
            with _Count(case.device) as counted:
                x = subject.call(x)
            calls[variant], backwards[variant] = tuple(counted.launches), None
            if case.phase in ("backward", "step"):
                assert subject.backward is not None
                with _Count(case.device) as counted:
                    subject.backward(x)
                waits = (Launch("", 0),) if case.pair in WAITING else ()
                backwards[variant] = (*counted.launches, *waits)
    return Launches(calls, backwards, nbytes)
