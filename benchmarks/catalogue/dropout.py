"""Dropout in training mode, functional and as modules; reseeded like every random op. One line per pair."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from benchmarks.catalogue.constructors import module, with_flag
from benchmarks.catalogue.draws import Dropped
from benchmarks.catalogue.pair import Pair

#: On CUDA, out-of-place is one kernel with a bool mask (native_dropout); in-place is bernoulli_, div_ and mul_ with a
#: float mask (aten/src/ATen/native/Dropout.cpp): different numbers from the same seed. All other pairs run the same
#: kernels.
HALF = Dropped(p=0.5)


def dropout(function: Callable[..., torch.Tensor], *ops: str, **fields: Any) -> Pair:
    """A dropout function, with the ops that it calls."""
    covers = (f"F.{function.__name__}(inplace=)", *ops)
    return with_flag(function, covers=covers, kwargs={"training": True}, random=True, **fields)


PAIRS = (
    dropout(functional.alpha_dropout, "alpha_dropout_"),
    dropout(functional.dropout, "dropout_", draws_on_cuda=HALF),
    dropout(functional.dropout1d, "feature_dropout_", shape="batch"),
    dropout(functional.dropout2d, "feature_dropout_", shape="image"),
    dropout(functional.dropout3d, "feature_dropout_", shape="volume"),
    dropout(functional.feature_alpha_dropout, "feature_alpha_dropout_", shape="image"),
    module(nn.Dropout, random=True, draws_on_cuda=HALF),
    module(nn.Dropout1d, random=True, shape="batch"),
    module(nn.Dropout2d, random=True, shape="image"),
    module(nn.Dropout3d, random=True, shape="volume"),
)
