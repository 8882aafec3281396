"""Hand-written recurrent cells over whole sequences (steps, batch, inputs), with torch's equations and numbers.

The projections of all inputs are computed before the loop, as in ATen; only what depends on the last state is in it.
Each cell's `step` is out-of-place or in place. In place follows ATen's own code (aten/src/ATen/native/RNN.cpp): the
parts of `chunk` are several views of one tensor, which autograd does not allow to be written; those of `unsafe_chunk`
count as separate tensors, each with its own version.
"""

from collections.abc import Callable

import torch
from torch import nn


class RecurrentLayer(nn.Module):
    """(steps, batch, inputs) to the states after every step, (steps, batch, width)."""

    gates = 1
    #: One step, out-of-place and in place: from the input's projection and the state to the new state.
    step: Callable[..., tuple[torch.Tensor, ...]]
    step_: Callable[..., tuple[torch.Tensor, ...]]

    def __init__(self, inputs: int, width: int, inplace: bool) -> None:
        super().__init__()
        self.width, self.inplace = width, inplace
        self.inward = nn.Linear(inputs, self.gates * width)
        self.recurrent = nn.Linear(width, self.gates * width)

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        step = self.step_ if self.inplace else self.step
        state = self.start(sequence.shape[1])
        outputs = []
        for x in self.inward(sequence).unbind(0):
            state = step(x, *state)
            outputs.append(state[0])
        return torch.stack(outputs)

    def start(self, batch: int) -> tuple[torch.Tensor, ...]:
        """The state before the first step, zeros; its first part is the output."""
        return (self.recurrent.weight.new_zeros(batch, self.width),)


class RNN(RecurrentLayer):
    """nn.RNN: one gate, which is the state."""

    def step(self, x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor]:
        return (torch.tanh(self.recurrent(h) + x),)

    def step_(self, x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor]:
        return (self.recurrent(h).add_(x).tanh_(),)


class LSTM(RecurrentLayer):
    """nn.LSTM: input, forget, cell and output gate."""

    gates = 4

    def start(self, batch: int) -> tuple[torch.Tensor, ...]:
        return super().start(batch) * 2

    def step(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        i, f, g, o = (self.recurrent(h) + x).chunk(4, 1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * c + i * g
        return o * c.tanh(), c

    def step_(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        i, f, g, o = self.recurrent(h).add_(x).unsafe_chunk(4, 1)
        i, f, g, o = i.sigmoid_(), f.sigmoid_(), g.tanh_(), o.sigmoid_()
        c = (f * c).add_(i * g)
        return o * c.tanh(), c


class SlicedLSTM(LSTM):
    """The LSTM with its three sigmoid gates adjacent, so that one call computes them; the cell gate comes last."""

    def step(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        gates = self.recurrent(h) + x
        i, f, o = gates[:, : 3 * self.width].sigmoid().chunk(3, 1)
        g = gates[:, 3 * self.width :].tanh()
        c = f * c + i * g
        return o * c.tanh(), c

    def step_(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        gates = self.recurrent(h) + x
        # One slice only: slices share a version, so a second write would invalidate what the first one saved.
        g = gates[:, 3 * self.width :].tanh()
        i, f, o = gates[:, : 3 * self.width].sigmoid_().chunk(3, 1)
        c = f * c + i * g
        return o * c.tanh(), c


class GRU(RecurrentLayer):
    """nn.GRU: reset, update and new gate."""

    gates = 3

    def step(self, x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor]:
        (xr, xz, xn), (hr, hz, hn) = x.chunk(3, 1), self.recurrent(h).chunk(3, 1)
        r, z = (hr + xr).sigmoid(), (hz + xz).sigmoid()
        n = (xn + hn * r).tanh()
        return ((h - n) * z + n,)

    def step_(self, x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor]:
        (xr, xz, xn), (hr, hz, hn) = x.chunk(3, 1), self.recurrent(h).unsafe_chunk(3, 1)
        r, z = hr.add_(xr).sigmoid_(), hz.add_(xz).sigmoid_()
        n = hn.mul_(r).add_(xn).tanh_()
        return ((h - n).mul_(z).add_(n),)


class WrittenRNN(RNN):
    """The RNN, its outputs written into one tensor made beforehand; the steps themselves are out-of-place."""

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        (h,) = self.start(sequence.shape[1])
        outputs = sequence.new_empty(*sequence.shape[:2], self.width)
        for t, x in enumerate(self.inward(sequence).unbind(0)):
            (h,) = self.step(x, h)
            outputs[t] = h
        return outputs


class Leaky(nn.Module):
    """A leaky integrator, h = decay * h + input, to its last state (batch, width); the decay fixed or learned."""

    def __init__(self, inputs: int, width: int, learned: bool, inplace: bool, decay: float = 0.9) -> None:
        super().__init__()
        self.inplace = inplace
        self.inward = nn.Linear(inputs, width)
        self.decay = nn.Parameter(torch.full((width,), decay)) if learned else decay

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        h = sequence.new_zeros(sequence.shape[1], self.inward.out_features)
        for x in self.inward(sequence).unbind(0):
            h = h.mul_(self.decay).add_(x) if self.inplace else h * self.decay + x
        return h
