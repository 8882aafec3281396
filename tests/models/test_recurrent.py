"""The cells compute what torch's own layers compute, and the variants they avoid raise."""

import pytest
import torch
from torch import nn

from benchmarks.models.recurrent import GRU, LSTM, RNN, Leaky, SlicedLSTM, WrittenRNN

STEPS, BATCH, INPUTS, WIDTH = 5, 3, 4, 6
KINDS = [(RNN, nn.RNN), (WrittenRNN, nn.RNN), (LSTM, nn.LSTM), (GRU, nn.GRU)]


def layer_of(kind: type[nn.RNNBase], cell: nn.Module, rows: torch.Tensor | slice = slice(None)) -> nn.RNNBase:
    """torch's layer with a cell's weights, its gates' rows in another order."""
    layer = kind(INPUTS, WIDTH)
    with torch.no_grad():
        for name, linear in (("ih", cell.inward), ("hh", cell.recurrent)):
            getattr(layer, f"weight_{name}_l0").copy_(linear.weight[rows])
            getattr(layer, f"bias_{name}_l0").copy_(linear.bias[rows])
    return layer


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("kind, torchs", KINDS, ids=[kind.__name__ for kind, _ in KINDS])
def test_a_cell_is_torchs(kind, torchs, inplace):
    cell, sequence = kind(INPUTS, WIDTH, inplace), torch.randn(STEPS, BATCH, INPUTS)
    layer = layer_of(torchs, cell)
    assert sum(p.numel() for p in cell.parameters()) == sum(p.numel() for p in layer.parameters())
    torch.testing.assert_close(cell(sequence), layer(sequence)[0])


@pytest.mark.parametrize("inplace", [False, True])
def test_the_sliced_lstm_has_its_cell_gate_last(inplace):
    cell, sequence = SlicedLSTM(INPUTS, WIDTH, inplace), torch.randn(STEPS, BATCH, INPUTS)
    i, f, o, g = torch.arange(4 * WIDTH).chunk(4)
    torch.testing.assert_close(cell(sequence), layer_of(nn.LSTM, cell, torch.cat((i, f, g, o)))(sequence)[0])


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("inplace", [False, True])
def test_a_leaky_integrator_forgets_geometrically(learned, inplace):
    cell = Leaky(INPUTS, WIDTH, learned, inplace, decay=0.5)
    sequence = torch.randn(STEPS, BATCH, INPUTS)
    weights = 0.5 ** torch.arange(STEPS - 1, -1, -1)
    torch.testing.assert_close(cell(sequence), (weights[:, None, None] * cell.inward(sequence)).sum(0))
    assert sum(p.numel() for p in cell.parameters()) == INPUTS * WIDTH + WIDTH + learned * WIDTH


def gates() -> torch.Tensor:
    return torch.randn(2, 8, requires_grad=True) * 1.0


def test_the_forms_avoided_raise():
    with pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
        gates().chunk(4, 1)[0].sigmoid_()
    written = gates()
    first, second = written[:, :6].sigmoid_(), written[:, 6:].tanh_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        (first.sum() + second.sum()).backward()
    h = gates().tanh()
    h += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        h.sum().backward()
