"""Settings of a process that executes the user's steps on a GPU, so that two executions agree to the bit.

A fork of a process that has started CUDA cannot use it. So only `trial_environment` is called before the fork.
"""

import torch
from torch.nn import functional

from benchmarks.advise.user.user_code import BadStep

STARTED = (
    "CUDA was started before the steps were built, by code that Python runs at its start (sitecustomize): trials are "
    "forks, which cannot use it then"
)


def trial_environment(device: str) -> dict[str, str]:
    """Return environment variables for a process that tries steps on this device; the user's own take precedence."""
    return {} if device == "cpu" else {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}  # read when cuBLAS starts


def check_startable(device: str) -> None:
    """Raise BadStep if this fork cannot use its GPU."""
    if device != "cpu" and not is_startable():
        raise BadStep(STARTED)


def is_startable() -> bool:
    """Return whether CUDA can start here: neither this process nor the one that it was forked from has started it."""
    return not (torch.cuda.is_initialized() or torch.cuda._is_in_bad_fork())


def settle_device(device: str) -> None:
    """Make executions on this GPU repeatable, and all of them watchable, for the rest of this process.

    Kernels that add in any order (gradients of indexing, attention, interpolation) are replaced where torch has others,
    and cuDNN does not choose kernels by time. Backward runs in the thread that calls it, because trace functions do not
    see torch's own threads. TF32 stays as the user has it: it always rounds the same.
    """
    if device == "cpu":
        return
    torch.autograd.set_multithreading_enabled(False)
    if not torch.are_deterministic_algorithms_enabled():
        # not `use_deterministic_algorithms`: it loads torch's compiler. An op without such an algorithm only warns.
        torch._C._set_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False


def make_workspaces(device: str) -> None:
    """Make cuBLAS allocate its workspace, which it keeps: it is the same in all trials, and must not count."""
    with torch.no_grad():
        square = torch.ones(16, 16, device=device)
        functional.linear(square @ square, square, square[0])
    torch.cuda.synchronize(device)


def wait_for(device: str) -> None:
    """Wait until a GPU has finished."""
    if device != "cpu":
        torch.cuda.synchronize(device)
