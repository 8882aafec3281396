"""The choice of axis values and time: data, each with its reason. `axes` makes cases of it."""

from dataclasses import dataclass, replace

from benchmarks.catalogue.scenarios import TOPICS
from benchmarks.planning.looks import WidthLook
from benchmarks.record import PHASES

Ki, Mi = 2**10, 2**20

#: The sizes, in elements, by device type. On a CPU, in float32: 4 KiB is in L1 and measures the call's overhead; 256
#: KiB is in L2; 4 MiB is in L3; 16 MiB and its result do not fit in a core's share of any cache. On a GPU a launch
#: takes longer than the first (4 KiB). A third of the L2 cache (40 to 60 MiB on data centre GPUs) holds 13 to 20 inputs
#: of the second (1 MiB), so that a round of as many calls runs from it; of 4 MiB it would hold three to five. The third
#: (64 MiB) is about L2's size, and the last (256 MiB) streams from memory.
SIZES = {
    "cpu": {"overhead": Ki, "cache": 64 * Ki, "large": Mi, "memory": 4 * Mi},
    "cuda": {"overhead": Ki, "cache": 256 * Ki, "large": 16 * Mi, "memory": 64 * Mi},
}

#: Ops that compute for 20 ns per element and more on a CPU. Compared with that, the cost of a result's memory vanishes
#: beyond the cache, and a call would take tens of milliseconds: a CPU measures them at these sizes only. A GPU, a
#: thousand times as fast, measures them at all sizes.
HEAVY = (
    *("polygamma", "igamma", "igammac", "mvlgamma", "digamma", "lgamma", "i0", "erfinv", "foreach_lgamma"),
    *("gcd", "lcm", "cumprod", "renorm", "addmm", "addbmm", "baddbmm", "cauchy", "log_normal"),
    *("index_reduce", "index_reduce_mean", "scatter_reduce", "scatter_reduce_mean"),
)
HEAVY_SIZES = ("overhead", "cache")

#: Ops that move bytes and compute little, so that memory decides. They include every memory class of autograd.
MEMORY_BOUND = ("add", "mul", "neg", "clamp", "sqrt", "square", "relu", "leaky_relu", "hardtanh", "silu")

#: Ops that save the old self only for the gradient of the other operand.
OTHER_DECIDES = ("add", "mul", "div", "fmod", "remainder", "lerp_tensor")

#: One of each kind: a sum, a product, a kernel that computes, the two activations that save most differently.
TYPICAL = ("add", "mul", "exp", "relu", "silu")

#: What optimizers and EMA do to lists of parameters.
OPTIMIZERS = ("foreach_add", "foreach_addcdiv", "foreach_addcmul", "foreach_lerp", "foreach_mul", "foreach_sqrt")

#: The families in which every pair is a different kernel; the others repeat these through another interface.
KERNELS = ("pointwise", "indexing", "scans", "linalg")


@dataclass(frozen=True)
class Slice:
    """One part of a preset: these phases at these sizes, for all pairs or some.

    An axis left empty has the pair's own usual value: its first dtype, layout or operand kind.
    """

    phases: tuple[str, ...]
    sizes: tuple[str, ...]
    reason: str
    families: tuple[str, ...] = ()  #: empty: all
    pairs: tuple[str, ...] = ()  #: empty: all
    dtypes: tuple[str, ...] = ()
    layouts: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()
    other_requires_grad: bool = False
    allocator: str = "retained"  #: CPU heap; a CUDA case always has "caching"
    devices: tuple[str, ...] = ("cpu", "cuda")  #: device types


@dataclass(frozen=True)
class ScenarioSlice:
    """One part of a preset's scenarios: these phases of all or some of them, at some of their scales."""

    phases: tuple[str, ...]
    reason: str
    topics: tuple[str, ...] = ()  #: empty: all
    names: tuple[str, ...] = ()  #: empty: all
    scales: int | None = 1  #: how many of the declared scales, the usual one first; None: all
    timed: bool = False  #: only phases for which a scenario expects something of the time
    grows: bool = False  #: only phases for which a scenario expects how they grow
    devices: tuple[str, ...] = ("cpu", "cuda")  #: device types


@dataclass(frozen=True)
class Preset:
    """A named choice of cases and of the time spent on each."""

    slices: tuple[Slice, ...]
    #: Timed passes per heap. Six are the fewest that give an interval: smallest to largest. With nine the interval
    #: leaves out one value on either side, with twelve two, so that one disturbed process does not widen it. Processes
    #: and the machine's other work differ more than rounds do: many short passes tell more than few long ones.
    passes: int
    seconds: float  #: at most, for the rounds of one case in one pass on a CPU
    precision: float  #: half-width of the within-pass interval (share of 1) at which a case stops early
    looks: tuple[WidthLook, ...] = ()  #: in order
    scenarios: tuple[ScenarioSlice, ...] = ()
    #: Seconds for a scenario, whose calls take milliseconds: its few rounds scatter, not its processes.
    scenario_seconds: float = 0.06
    scenario_passes: int | None = None  #: timed passes per heap for a scenario; None: as many as for an op
    #: Seconds on a GPU, whose clock has less noise than a host's. Twice this holds eight blocks of four
    #: half-millisecond rounds and their spins, after which precision is first looked at.
    gpu_seconds: float = 0.015
    gpu_passes: int = 6  #: for runs on GPUs only, whose processes take longer to start


_CPU, _CUDA = ("cpu",), ("cuda",)
_TRAIN = ("forward", "backward", "step")
_OTHER_KINDS = ("broadcast", "zero_dim", "scalar")
_OTHER_LAYOUTS = ("transposed", "strided", "channels_last")
_FRESH = "the heap that maps pages afresh for every large result"

QUICK = (
    Slice(("inference",), ("cache",), "every pair once, where neither the call's overhead nor memory hides the kernel"),
    Slice(("inference",), ("overhead", "large"), "from the call's overhead to out of L2", ("pointwise",)),
    Slice(("inference",), ("overhead", "large"), "the interfaces of an activation", ("activations",)),
    Slice(("inference",), ("large",), "lists of parameters as optimizers have them", pairs=OPTIMIZERS),
    Slice(("step",), ("large",), "the same in a training step", ("pointwise",)),
    Slice(("step",), ("cache",), "the same in a training step", ("activations", "indexing", "scans", "linalg")),
    Slice(("step",), ("cache",), "the same in a training step", ("dropout", "augmented")),
    Slice(("forward",), ("large",), "what recording a graph costs, by memory class", pairs=MEMORY_BOUND),
    Slice(("backward",), ("cache",), "the gradient formula, where it differs by variant", ("activations",), TYPICAL),
    Slice(("backward",), ("cache",), "the gradient formula, by memory class", pairs=MEMORY_BOUND),
    Slice(
        ("step",), ("large",), "clones of self for the other's gradient", pairs=OTHER_DECIDES, other_requires_grad=True
    ),
    Slice(("inference", "step"), ("memory",), "out of cache", pairs=MEMORY_BOUND),
    Slice(("inference", "step"), ("large",), _FRESH, pairs=MEMORY_BOUND, allocator="fresh", devices=_CPU),
    Slice(("inference",), ("large",), "other kinds of operand", pairs=("add", "mul", "div"), operands=_OTHER_KINDS),
    Slice(("inference",), ("large",), "other layouts", pairs=TYPICAL, layouts=_OTHER_LAYOUTS),
    Slice(
        ("inference",), ("large",), "other dtypes", pairs=TYPICAL, dtypes=("float64", "bfloat16", "complex64", "int64")
    ),
    Slice(
        ("inference", "step"),
        ("large",),
        "half precision",
        pairs=MEMORY_BOUND,
        dtypes=("float16", "bfloat16"),
        devices=_CUDA,
    ),
)

FULL = (
    Slice(("inference",), ("overhead", "cache", "large", "memory"), "every pair from its overhead to out of cache"),
    Slice(_TRAIN, ("cache", "large"), "every pair in training", KERNELS),
    Slice(_TRAIN, ("cache", "large"), "every pair in training", ("activations", "dropout")),
    Slice(("step",), ("cache", "large"), "the same kernels through another interface", ("augmented", "foreach")),
    Slice(("step",), ("overhead", "memory"), "both ends, by memory class", pairs=MEMORY_BOUND),
    Slice(_TRAIN, ("large",), "clones of self for the other's gradient", pairs=OTHER_DECIDES, other_requires_grad=True),
    Slice(("inference",), ("large",), "other kinds of operand", ("pointwise",), operands=_OTHER_KINDS),
    Slice(("step",), ("large",), "other kinds of operand", pairs=OTHER_DECIDES, operands=_OTHER_KINDS),
    Slice(("inference",), ("large",), "other layouts", ("pointwise",), layouts=_OTHER_LAYOUTS),
    Slice(("inference",), ("large",), "half and double precision", ("pointwise",), dtypes=("bfloat16", "float64")),
    Slice(
        ("inference",),
        ("large",),
        "half precision",
        ("pointwise", "activations"),
        dtypes=("float16", "bfloat16"),
        devices=_CUDA,
    ),
    Slice(("inference",), ("large",), "integers and complex numbers", dtypes=("int64", "int32", "complex64")),
    Slice(
        ("inference", "forward", "step"),
        ("large", "memory"),
        _FRESH,
        pairs=MEMORY_BOUND,
        allocator="fresh",
        devices=_CPU,
    ),
    Slice(("inference",), ("large",), _FRESH, KERNELS, allocator="fresh", devices=_CPU),
)

#: Topics of scenarios without those that compile: compiling takes seconds per variant, in every process.
COMPILED = ("compiled",)
EAGER = tuple(topic for topic in TOPICS if topic not in COMPILED)

#: Scenarios without a step, and the compiled one that compiles fastest.
_WITHOUT_STEP = ("normalise_images", "top_k_filter", "normalise_images_compiled")
#: From each topic the scenarios that differ most in what they ask of a GPU: large kernels (networks, masks), hundreds
#: of small ones that fill its queue (cells, caches), a backward that computes again or is differentiated, updates of
#: parameters one by one, in lists and fused. None that compiles: it would compile in both passes. All scenarios would
#: take a GPU longer than all ops do, and `smoke` would no longer fit into 90 s (`planning.estimate`).
_GPU_STEPS = (
    *("resnet20_relu", "resnet_elu_depth", "vgg_like_dropout", "attention_mask", "rotary", "block_dropout"),
    *("rnn_cell", "lstm_gates_sliced", "label_smoothing", "gradient_penalty"),
    *("adam_single", "adam_foreach", "adam_fused", "clip_grad_norm"),
    *("accumulate", "checkpoint_leaky_relu", "abn_chain", "custom_swish"),
)
_GPU_WITHOUT_STEP = ("normalise_images", "top_k_filter", "kv_append", "conv_state")
SMOKE_SCENARIOS = (
    ScenarioSlice(("step",), "every scenario once", EAGER, devices=_CPU),
    ScenarioSlice(("inference",), "every scenario once", ("caches",), devices=_CPU),
    ScenarioSlice(("inference",), "every scenario once", names=_WITHOUT_STEP, devices=_CPU),
    ScenarioSlice(("step",), "some of each topic", names=_GPU_STEPS, devices=_CUDA),
    ScenarioSlice(("inference",), "some of each topic", names=_GPU_WITHOUT_STEP, devices=_CUDA),
)

#: The compiled scenarios that compile in seconds; the others take up to a quarter of a minute per variant and process.
_SOON_COMPILED = ("normalise_images_compiled",)
_SINGLE = ("inference", "forward", "backward")

QUICK_SCENARIOS = (
    ScenarioSlice(("step",), "every scenario in a training step", EAGER),
    ScenarioSlice(_SINGLE, "expected times without a graph and of forward and backward alone", EAGER, timed=True),
    ScenarioSlice(PHASES, "the same compiled, where that takes seconds", names=_SOON_COMPILED, timed=True),
    ScenarioSlice(("backward",), "growing with the steps", names=("outputs_written",), scales=3),
    ScenarioSlice(("inference",), "growing with the tokens", names=("kv_append",), scales=3),
    ScenarioSlice(("forward",), "growing with the depth", names=("resnet_elu_depth",), scales=3),
    ScenarioSlice(("forward",), "growing with the batch", names=("resnet20_relu",), scales=3),
)

FULL_SCENARIOS = (
    ScenarioSlice(PHASES, "every scenario in all its phases"),
    ScenarioSlice(PHASES, "growth with the scale, where a scenario expects something of it", scales=None, grows=True),
)

#: After six passes the interval is judged for the first time, after nine and twelve it leaves out one more value on
#: either side. The last three passes are for intervals too wide for a verdict of `no difference`, of ops alone: the
#: wide scenarios, with calls of milliseconds, would take longer there than all wide ops.
LOOKS = (WidthLook(6, 0.015), WidthLook(9, 0.03))

_QUICK = Preset(QUICK, 12, 0.022, 0.01, LOOKS, QUICK_SCENARIOS, scenario_seconds=0.075, scenario_passes=9)

PRESETS = {
    "smoke": Preset(
        (
            Slice(("inference",), ("overhead",), "every pair once"),
            Slice(("step",), ("cache",), "a training step of every memory class", pairs=MEMORY_BOUND),
            Slice(("inference",), ("large",), "the fresh heap", pairs=("relu", "exp"), allocator="fresh", devices=_CPU),
            Slice(("inference",), ("cache",), "every layout", pairs=("relu",), layouts=_OTHER_LAYOUTS),
        ),
        passes=1,
        seconds=0.01,
        precision=0.05,
        scenarios=SMOKE_SCENARIOS,
        scenario_seconds=0.01,
        gpu_seconds=0.01,
        gpu_passes=1,
    ),
    "quick": _QUICK,
    # The self-test's own pairs, in all phases; the self-test's command gives the sizes.
    "selftest": replace(
        _QUICK,
        slices=(Slice(PHASES, ("overhead",), "known truth"),),
        looks=(),
        scenarios=(ScenarioSlice(("inference", "step"), "known truth"),),
    ),
    "full": Preset(FULL, passes=12, seconds=0.04, precision=0.004, scenarios=FULL_SCENARIOS, gpu_passes=12),
}
