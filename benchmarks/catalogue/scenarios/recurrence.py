"""Hand-written recurrences over whole sequences: cells, gates, outputs, leaky integrators."""

from collections.abc import Callable

from torch import nn

from benchmarks.catalogue.scenarios.scenario import Scenario
from benchmarks.models.recurrent import GRU, LSTM, RNN, Leaky, RecurrentLayer, SlicedLSTM, WrittenRNN
from benchmarks.record import INPLACE, OUTOFPLACE, VARIANTS, Expectation, Growth

#: Small, so that the cost of autograd and the allocator per step shows next to the matrix product.
_WIDTH, _BATCH = 64, 16
#: Many sequences of a small cell: large outputs, whose copies cost more than the steps.
_WRITTEN, _WRITTEN_BATCH = 32, 128
#: A leaky integrator computes little, so its states are wide.
_INPUTS, _LEAKY, _LEAKY_BATCH = 32, 512, 32
#: Enough sequences that a cell's step takes longer than its launches.
_GPU_BATCH = 8192

_TIME_OF_EACH = tuple(Growth("step", "time", v, 1.0, "by derivation: all steps cost the same") for v in VARIANTS)
_EACH_STEP = (
    *(Growth("step", "held", v, 1.0, "by derivation: all steps save the same") for v in VARIANTS),
    *_TIME_OF_EACH,
)
_SHIPPED = Expectation(
    "inference", "time", "less", "pytorch aten/src/ATen/native/RNN.cpp: the cell that torch ships is written so"
)
_VIEW = "pytorch #89812: each write to a view is a CopySlices of the base"


def _sequences(batch: int, width: int) -> Callable[[int], tuple[int, int, int]]:
    return lambda steps: (steps, batch, width)


#: The numbers of steps, the usual one first.
_OF_CELLS = {"axis": "steps", "shape": _sequences(_BATCH, _WIDTH), "gpu_shape": _sequences(_GPU_BATCH, _WIDTH)}
_OF_GATES = {"scales": (32, 64, 128, 256), **_OF_CELLS}
_OF_LEAKY = {
    "axis": "steps",
    "scales": (64, 32, 128, 256, 8),
    "shape": _sequences(_LEAKY_BATCH, _INPUTS),
    "gpu_shape": _sequences(_GPU_BATCH, _INPUTS),
}


def _cell(kind: type[RecurrentLayer], inplace: bool) -> Callable[[], nn.Module]:
    return lambda: kind(_WIDTH, _WIDTH, inplace)


def _outputs(kind: type[RecurrentLayer]) -> Callable[[], nn.Module]:
    return lambda: kind(_WRITTEN, _WRITTEN, inplace=False)


def _leaky(learned: bool, inplace: bool) -> Callable[[], nn.Module]:
    return lambda: Leaky(_INPUTS, _LEAKY, learned, inplace)


SCENARIOS = (
    Scenario(
        "rnn_cell",
        _cell(RNN, False),
        _cell(RNN, True),
        practice="A recurrent cell by hand adds the input and takes the tanh in place, at every step.",
        scales=(64, 32, 128, 256),
        **_OF_CELLS,
        code=("h = torch.tanh(recurrent(h) + x)", "h = recurrent(h).add_(x).tanh_()"),
        note="`h = tanh(recurrent(h)); h += x` raises: tanh has saved h.",
        expects=(
            Expectation("inference", "time", "less", "by derivation: one allocation per step instead of three"),
            Expectation("step", "time", "less", "derivatives.yaml: add saves nothing, tanh its result: no hidden copy"),
            Expectation("step", "held", "same", "derivatives.yaml: tanh saves its result, in both variants"),
            *_EACH_STEP,
        ),
    ),
    Scenario(
        "lstm_gates",
        _cell(LSTM, False),
        _cell(LSTM, True),
        practice="An LSTM by hand computes its gates in place, in the parts of one tensor, as torch's own cell does.",
        **_OF_GATES,
        code=(
            "i, f, g, o = gates.chunk(4, 1); i = i.sigmoid(); ...; c = f * c + i * g",
            "i, f, g, o = gates.unsafe_chunk(4, 1); i.sigmoid_(); ...; c = (f * c).add_(i * g)",
        ),
        note="In place on chunk's parts raises: they are several views of one tensor.",
        expects=(
            _SHIPPED,
            Expectation("step", "held", "same", "derivatives.yaml: sigmoid and tanh save results, in both variants"),
            Expectation("step", "time", "less", "by derivation: six allocations fewer per step, nothing copied"),
            *_EACH_STEP,
        ),
    ),
    Scenario(
        "lstm_gates_sliced",
        _cell(SlicedLSTM, False),
        _cell(SlicedLSTM, True),
        practice="An LSTM by hand keeps its sigmoid gates side by side and computes them in place, in one slice.",
        **_OF_GATES,
        code=("gates[:, :3 * width].sigmoid()", "gates[:, :3 * width].sigmoid_()"),
        note="A second write, to the other slice, would invalidate what the first has saved, and raises.",
        expects=(
            Expectation("inference", "time", "less", "by derivation: one allocation fewer per step"),
            Expectation("backward", "time", "more", _VIEW),
            Expectation("step", "held", "more", "by derivation: the saved slice keeps the part that nobody needs"),
        ),
    ),
    Scenario(
        "gru_gates",
        _cell(GRU, False),
        _cell(GRU, True),
        practice="A GRU by hand computes its gates in place, in the parts of one tensor, as torch's own cell does.",
        **_OF_GATES,
        code=(
            "r = (hr + xr).sigmoid(); n = (xn + hn * r).tanh(); h = (h - n) * z + n",
            "r = hr.add_(xr).sigmoid_(); n = hn.mul_(r).add_(xn).tanh_(); h = (h - n).mul_(z).add_(n)",
        ),
        note="Two products of two tensors that require grad: in place each clones what it writes.",
        expects=(
            _SHIPPED,
            Expectation("step", "time", "less", "by derivation: nine allocations fewer per step, for two copies"),
            *_EACH_STEP,
            Expectation(
                "step",
                "held",
                "less",
                "by derivation: 6 states per step for 8: gates live where hn is kept",
                factor=1.2,
            ),
        ),
    ),
    Scenario(
        "outputs_written",
        _outputs(RNN),
        _outputs(WrittenRNN),
        shape=_sequences(_WRITTEN_BATCH, _WRITTEN),
        gpu_shape=_sequences(_GPU_BATCH, _WRITTEN),
        practice="A loop over time writes each output into a tensor made beforehand instead of stacking a list.",
        axis="steps",
        scales=(64, 128, 256, 32, 8),
        code=("outputs.append(h); torch.stack(outputs)", "outputs[t] = h"),
        note="Bytes that backward copies grow as the steps squared; its time too, once copies outweigh the steps.",
        expects=(
            Expectation("inference", "peak", "less", "by derivation: outputs once instead of a list and its stack"),
            Expectation("step", "held", "same", "derivatives.yaml: tanh saves each state; copying saves nothing"),
            Expectation("backward", "time", "more", _VIEW),
            Expectation("step", "peak", "more", "by derivation: every CopySlices copies the gradient of all outputs"),
            Growth("backward", "time", OUTOFPLACE, 1.0, "by derivation: stack hands each gradient on once"),
            Growth("backward", "time", INPLACE, 2.0, "by derivation: a copy of all outputs' gradient for each step"),
            Growth("inference", "time", INPLACE, 1.0, "by derivation: no graph, no copies of the whole"),
            *(Growth("step", "peak", v, 1.0, "by derivation: copies are freed one by one") for v in VARIANTS),
        ),
    ),
    Scenario(
        "leaky_fixed",
        _leaky(False, False),
        _leaky(False, True),
        practice="A leaky integrator (a spiking neuron's potential, an eligibility trace) decays by a fixed factor.",
        **_OF_LEAKY,
        code=("h = h * 0.9 + x", "h.mul_(0.9).add_(x)"),
        expects=(
            Expectation("inference", "time", "less", "by derivation: nothing is allocated in the loop"),
            Expectation("step", "time", "less", "derivatives.yaml: mul by a number and add save nothing"),
            Expectation("step", "held", "same", "derivatives.yaml: mul by a number and add save nothing"),
            *_TIME_OF_EACH,
        ),
    ),
    Scenario(
        "leaky_learned",
        _leaky(True, False),
        _leaky(True, True),
        practice="The same leaky integrator with a decay that is learned, one for each unit.",
        **_OF_LEAKY,
        code=("h = h * decay + x", "h.mul_(decay).add_(x)"),
        note="Only the decay's requiring grad differs from leaky_fixed.",
        expects=(
            Expectation("inference", "time", "less", "by derivation: nothing is allocated in the loop"),
            Expectation(
                "forward", "time", "more", "derivatives.yaml: mul saves self for other's gradient: a hidden clone"
            ),
            Expectation("step", "held", "same", "derivatives.yaml: mul saves self; in place its clone"),
        ),
    ),
)
