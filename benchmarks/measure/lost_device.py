"""A GPU whose kernel failed: the error comes late, and every later call of the process fails (cudaErrorAssert)."""

import torch

from benchmarks.record.reason import first_line


class DeviceLost(RuntimeError):
    """A GPU can no longer be used in this process, which must end; the message is one line."""


def why_lost(device: str) -> str | None:
    """Wait for all work of a device; one line if that fails, after which the process must end.

    None for a CPU, and for a GPU that answers.
    """
    if device.startswith("cuda"):
        try:
            torch.cuda.synchronize(device)
        except RuntimeError as error:
            return f"the device is lost: {first_line(error)}"
    return None
