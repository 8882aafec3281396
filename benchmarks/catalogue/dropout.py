"""Dropout in training mode, functional and as modules; reseeded before every call. One line a pair."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from benchmarks.catalogue.forms import module, with_flag
from benchmarks.catalogue.pair import Pair


def dropout(function: Callable[..., torch.Tensor], *ops: str, **fields: Any) -> Pair:
    """A dropout function, with the ops it calls."""
    covers = (f"F.{function.__name__}(inplace=)", *ops)
    return with_flag(function, covers=covers, kwargs={"training": True}, random=True, **fields)


PAIRS = (
    dropout(functional.alpha_dropout, "alpha_dropout_"),
    dropout(functional.dropout, "dropout_"),
    dropout(functional.dropout1d, "feature_dropout_", shape="batch"),
    dropout(functional.dropout2d, "feature_dropout_", shape="image"),
    dropout(functional.dropout3d, "feature_dropout_", shape="volume"),
    dropout(functional.feature_alpha_dropout, "feature_alpha_dropout_", shape="image"),
    module(nn.Dropout, random=True),
    module(nn.Dropout1d, random=True, shape="batch"),
    module(nn.Dropout2d, random=True, shape="image"),
    module(nn.Dropout3d, random=True, shape="volume"),
)
