"""Modules and classes whose attributes a case may replace: `torch.Tensor.mul_`, `sys.stdout`, `time.perf_counter`."""

import builtins
import gc
import math
import operator
import os
import random
import sys
import threading
import time
from collections.abc import Mapping
from types import ModuleType

import torch
import torch._C._nn as library_of_nn

#: Namespaces that cases and the instrument use.
NAMESPACES: tuple[ModuleType | type, ...] = (
    *(torch, torch.Tensor, torch.nn, torch.nn.Module, torch.nn.functional, library_of_nn, torch.optim, torch.autograd),
    *(torch.linalg, torch.special, torch.fft, torch.random),
    *(builtins, gc, math, operator, os, random, sys, threading, time),
)

#: Attributes that torch's compiler replaces or adds at its first use; the marks are those of torch 2.6 and of 2.15.
_MARKS = {"___needs_generation_tag_patch", "___has_generation_tag_patch"}
OF_THE_COMPILER = {"manual_seed", "__init__", "__setstate__", *_MARKS}


def replaced(space: ModuleType | type, old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """Return the names of attributes that were replaced or deleted, and for a class also those that are new.

    A new attribute of a class hides one of its base. A new attribute of a module is left out: mostly it is a submodule
    that was imported.
    """
    names = [name for name, value in old.items() if new.get(name, old) is not value]
    if isinstance(space, type):
        names += new.keys() - old.keys()
    return sorted(name for name in names if not (name in OF_THE_COMPILER and _is_torchs(name, new)))


def _is_torchs(name: str, names: Mapping[str, object]) -> bool:
    value = names.get(name)
    return isinstance(value, bool) or str(getattr(value, "__module__", "")).startswith("torch.")
