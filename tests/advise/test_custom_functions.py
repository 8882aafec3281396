"""The custom function around a call is found, also where no frame of torch's own shows it, as from torch 2.15 on."""

import functools
import sys

import pytest
import torch
from torch.autograd import Function

from benchmarks.advise.watch.custom_functions import custom_frame


def wrapped(method):
    @functools.wraps(method)
    def call(*args):
        return method(*args)

    return call


class Seen(Function):
    @staticmethod
    def forward(ctx, x):
        return (lambda: custom_frame(sys._getframe()))()


class SeenWrapped(Function):
    @staticmethod
    @wrapped
    def forward(ctx, x):
        return custom_frame(sys._getframe())


@pytest.mark.parametrize("function", [Seen, SeenWrapped])
def test_a_custom_function_without_a_frame_of_torch_around_it(function):
    frame = function.forward(None, None)
    assert frame.f_code.co_name == "forward"


def test_a_custom_function_that_torch_calls():
    assert Seen.apply(torch.ones(1)).f_code is Seen.forward.__code__


def test_no_custom_function():
    assert custom_frame(sys._getframe()) is None
