"""What each process that advises would load for itself, for seconds."""

import gc

import torch._dynamo
import torch.fx.experimental.symbolic_shapes

import benchmarks.advise.worker
from benchmarks.advise.switches.candidates import inplace_methods

__all__ = ["benchmarks", "torch"]

inplace_methods()
gc.collect()
gc.freeze()  # once, for all the forks: a collection looks at nothing of this any more
