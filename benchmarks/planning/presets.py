"""The choice of axis values and time: data, each with its reason. See axes.py for how cases are made of it."""

from dataclasses import dataclass

from benchmarks.record import PHASES

Ki, Mi = 2**10, 2**20

#: The size regimes, in elements of float32, by device type. On a CPU: 4 KiB lives in L1 and measures the call's
#: overhead; 256 KiB lives in L2; 4 MiB lives in L3; 16 MiB and its result do not fit in a core's share of any cache.
#: On a GPU the launch bounds the first, L2 holds the second, and only the last streams from memory.
SIZES = {
    "cpu": {"overhead": Ki, "cache": 64 * Ki, "large": Mi, "memory": 4 * Mi},
    "cuda": {"overhead": Ki, "cache": Mi, "large": 16 * Mi, "memory": 64 * Mi},
}

#: Ops that move bytes and compute little, so that memory decides: every memory class of autograd is among them.
MEMORY_BOUND = ("add", "mul", "neg", "clamp", "sqrt", "square", "relu", "leaky_relu", "hardtanh", "silu")

#: Ops that save the old self only for the gradient of the other operand.
OTHER_DECIDES = ("add", "mul", "div", "fmod", "remainder", "lerp_tensor")


@dataclass(frozen=True)
class Slice:
    """One part of a preset's cross-section: these phases at these sizes, for all pairs or some."""

    phases: tuple[str, ...]
    sizes: tuple[str, ...]
    reason: str
    pairs: tuple[str, ...] = ()  #: empty: all
    operands: tuple[str, ...] = ()  #: empty: the pair's first kind
    other_requires_grad: bool = False
    allocator: str = "retained"  #: CPU heap regime; a CUDA case has the caching allocator's
    cpu_only: bool = False


@dataclass(frozen=True)
class Preset:
    """A named choice of cases and of the time spent on each."""

    slices: tuple[Slice, ...]
    passes: int  #: timed passes under each allocator regime; six are the fewest that give an interval
    seconds: float  #: at most, for the rounds of one case in one pass
    precision: float  #: half-width of the within-pass interval (share of 1) at which a case stops early


_TRAIN = ("forward", "backward", "step")

QUICK = (
    Slice(("inference",), ("overhead", "cache", "large"), "one op from call overhead to out of L2"),
    Slice(("forward", "step"), ("large",), "what recording a graph and a training step make of it"),
    Slice(("backward",), ("cache",), "the gradient formula, where it differs by variant"),
    Slice(("inference",), ("cache",), "a Python number as the operand", operands=("scalar",)),
    Slice(("step",), ("large",), "clones of self for the other's gradient", OTHER_DECIDES, other_requires_grad=True),
    Slice(("inference", "step"), ("memory",), "out of cache", pairs=MEMORY_BOUND),
    Slice(
        ("inference", "step"),
        ("large",),
        "the heap that maps pages afresh for every large result",
        pairs=MEMORY_BOUND,
        allocator="fresh",
        cpu_only=True,
    ),
)

FULL = (
    Slice(("inference", *_TRAIN), ("overhead", "cache", "large", "memory"), "all phases at all sizes"),
    Slice(_TRAIN, ("large",), "clones of self for the other's gradient", OTHER_DECIDES, other_requires_grad=True),
    Slice(("inference", "step"), ("overhead", "large"), "a Python number as the operand", operands=("scalar",)),
    Slice(
        ("inference", "forward", "step"),
        ("large", "memory"),
        "the heap that maps pages afresh for every large result",
        allocator="fresh",
        cpu_only=True,
    ),
)

PRESETS = {
    "smoke": Preset(
        (
            Slice(("inference",), ("overhead",), "every pair once"),
            Slice(("step",), ("cache",), "a training step of every memory class", pairs=MEMORY_BOUND),
            Slice(("inference",), ("large",), "the fresh heap", ("relu", "exp"), allocator="fresh", cpu_only=True),
        ),
        passes=1,
        seconds=0.02,
        precision=0.05,
    ),
    "quick": Preset(QUICK, passes=6, seconds=0.05, precision=0.005),
    # The self-test's own pairs, in all phases; its sizes come with the command.
    "selftest": Preset((Slice(PHASES, ("overhead",), "known truth"),), passes=6, seconds=0.05, precision=0.005),
    "full": Preset(FULL, passes=12, seconds=0.15, precision=0.002),
}
