"""User-written autograd functions that write their input: InPlace-ABN, and activations with mark_dirty."""

from collections.abc import Callable

from torch import nn

from benchmarks.catalogue.scenarios.scenario import Scenario
from benchmarks.models import functions
from benchmarks.models.inplace_abn import InplaceABN
from benchmarks.models.norm_act import NormAct, abn_resnet, chain, leaky_resnet, norm_act
from benchmarks.models.perceptron import Activation, Layers
from benchmarks.record import Expectation, Growth

_TRAINING = ("forward", "backward", "step")
_CHANNELS, _DEPTH, _WIDTH = 32, 6, 128
_LAYERS = 8  # of the ResNet: one block per stage
_PAPER = "InPlace-ABN, arXiv:1712.02616"

#: BatchNorm and LeakyReLU of torch, with the flag off and on.
_PLAIN, _FLAG = norm_act(inplace=False), norm_act(inplace=True)
_ABN_CODE = "InplaceABN(n)"


def _chain(made: NormAct) -> Callable[[int], nn.Module]:
    return lambda depth: chain(depth, _CHANNELS, made)


def _layers(activation: Activation) -> Callable[[], nn.Module]:
    return lambda: Layers(_DEPTH, _WIDTH, activation)


# On a GPU cuDNN's BatchNorm rounds differently from torch's own. A number close to zero may then change its sign, and
# LeakyReLU's gradient with it. On a CPU the variants agree to 1e-5.
_NORMED = {"phases": _TRAINING, "tolerance": 1e-2}
_KERNELS = "on a GPU its BatchNorm is torch's own and the other's is cuDNN's: time there compares these kernels as well"
_OF_CHAINS = {
    "axis": "depth",
    "scales": (6, 3, 12, 24),
    "gpu_shape": (256, _CHANNELS, 32, 32),
    "note": _KERNELS,
    **_NORMED,
}
_OF_IMAGES = {"scales": (8, 2, 4, 16), "gpu_scales": (1024,), **_NORMED}
_OF_LAYERS = {"axis": "rows", "scales": (512, 128, 256, 1024, 2048), "gpu_scales": (2**18,)}
_GROWS = Growth("forward", "held", "inplace", 1.0, "by derivation: one tensor per layer")
#: Quoted from the paper, on all memory of a training step and on its time.
_HALF = Expectation("step", "peak", "less", _PAPER, "up to 50 % less memory", factor=1.8)
_CLAIMED_TIME = Expectation("step", "time", "same", _PAPER, "0.8 to 2 % more time", factor=1.02)
_HELD_TELLS = "by derivation: what is held is most of a step's peak"

SCENARIOS = (
    Scenario(
        "abn_chain",
        _chain(_PLAIN),
        _chain(InplaceABN),
        (4, _CHANNELS, 32, 32),
        "Convolution, BatchNorm, LeakyReLU and again, as between the poolings of VGG: InPlace-ABN at its best.",
        code=("BatchNorm2d(n), LeakyReLU()", _ABN_CODE),
        expects=(
            Expectation("step", "held", "less", "by derivation: one tensor per layer, not three", factor=2.5),
            Expectation("step", "peak", "less", _HELD_TELLS),
            _CLAIMED_TIME,
            _GROWS,
        ),
        **_OF_CHAINS,
    ),
    Scenario(
        "abn_chain_flag",
        _chain(_FLAG),
        _chain(InplaceABN),
        (4, _CHANNELS, 32, 32),
        "The same chain, against a LeakyReLU that is in place already: the paper's own baseline.",
        code=("BatchNorm2d(n), LeakyReLU(inplace=True)", _ABN_CODE),
        expects=(
            Expectation("step", "held", "less", "by derivation: one tensor per layer, not two", factor=1.8),
            _HALF,
            _CLAIMED_TIME,
            _GROWS,
        ),
        **_OF_CHAINS,
    ),
    Scenario(
        "abn_resnet",
        lambda: leaky_resnet(_LAYERS, inplace=False),
        lambda: abn_resnet(_LAYERS),
        lambda images: (images, 3, 32, 32),
        "InPlace-ABN in a small ResNet, where every second BatchNorm has no activation to be written with.",
        code=("BatchNorm2d(n), LeakyReLU()", _ABN_CODE),
        expects=(
            Expectation("step", "held", "less", "by derivation: three tensors per block, not six", factor=1.8),
            Expectation("step", "peak", "less", _HELD_TELLS),
            _CLAIMED_TIME,
        ),
        note=_KERNELS,
        **_OF_IMAGES,
    ),
    Scenario(
        "abn_resnet_flag",
        lambda: leaky_resnet(_LAYERS, inplace=True),
        lambda: abn_resnet(_LAYERS),
        lambda images: (images, 3, 32, 32),
        "The same ResNet, against activations that are in place already.",
        code=("BatchNorm2d(n), LeakyReLU(inplace=True)", _ABN_CODE),
        expects=(
            Expectation("step", "held", "less", "by derivation: three tensors per block, not four", factor=1.3),
            _HALF,
            _CLAIMED_TIME,
        ),
        note=f"what is left are the norms before the sums; {_KERNELS}",
        **_OF_IMAGES,
    ),
    Scenario(
        "custom_swish",
        _layers(functions.swish),
        _layers(functions.swish_),
        lambda rows: (rows, _WIDTH),
        "A user-written activation with mark_dirty whose derivative needs the input, which must be cloned.",
        code=("save_for_backward(x); return x * x.sigmoid()", "save_for_backward(x.clone()); mark_dirty(x.mul_(...))"),
        expects=(
            Expectation("step", "held", "same", "by derivation: input or clone, and result"),
            Expectation("forward", "time", "more", "by derivation: a copy more"),
            Expectation("inference", "time", "more", "by derivation: the copy is made without a graph as well"),
        ),
        note="saving x itself and then writing it gives wrong gradients without an error",
        **_OF_LAYERS,
    ),
    Scenario(
        "custom_softplus",
        _layers(functions.softplus),
        _layers(functions.softplus_),
        lambda rows: (rows, _WIDTH),
        "A user-written activation with mark_dirty whose derivative follows from the result.",
        code=("save_for_backward(x); return softplus(x)", "softplus(x, out=x); mark_dirty(x); save_for_backward(x)"),
        expects=(
            Expectation("step", "held", "less", "by derivation: one tensor per layer, not two", factor=1.8),
            Expectation("forward", "time", "less", "by derivation: no result to allocate"),
            Expectation("inference", "peak", "less", "by derivation: no result to allocate"),
        ),
        **_OF_LAYERS,
    ),
)
