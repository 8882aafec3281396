"""Globals of torch: which kernels run, in which precision, and what runs around them. A reader per global."""

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch
import torch._C._autograd as autograd_library
import torch.optim.optimizer as optimizer_hooks
from torch.autograd import forward_ad
from torch.nn.modules import module as module_hooks

Reader = Callable[[], Any]

#: Device types with an autocast state, among those that the suite measures on.
_DEVICE_TYPES = ("cpu", "cuda")

#: Backends and operations with their own float32 precision (torch 2.9 and later).
_PRECISIONS = (
    *(("generic", "all"), ("mkldnn", "all"), ("mkldnn", "conv"), ("mkldnn", "rnn"), ("mkldnn", "matmul")),
    *(("cuda", "all"), ("cuda", "conv"), ("cuda", "rnn"), ("cuda", "matmul")),
)


def _none() -> None:
    """Read a global that this torch does not have: None."""


def _own(name: str, *arguments: Any) -> Reader:
    """Return a reader in torch's C library, or `_none` if this torch does not have it."""
    read = getattr(torch._C, name, None)
    return functools.partial(read, *arguments) if read else _none


def _autograd(name: str, *arguments: Any) -> Reader:
    read = getattr(autograd_library, name, None)
    return functools.partial(read, *arguments) if read else _none


def _autocast() -> list[Any]:
    return [(torch.is_autocast_enabled(name), torch.get_autocast_dtype(name)) for name in _DEVICE_TYPES]


def _float32_precisions() -> list[str]:
    read = getattr(torch._C, "_get_fp32_precision_getter", None)
    return [] if read is None else [read(*place) for place in _PRECISIONS]


def _replaced_kernels() -> int:
    return _count_of_aten(len(torch.library._impls))


@functools.lru_cache(maxsize=1)
def _count_of_aten(libraries: int) -> int:
    """Return how many kernels of torch's own ops were registered by Python libraries.

    `libraries`: how many registrations there are, so that they are counted again after each. Torch's compiler registers
    ops of its own at its first use; these do not count.
    """
    return sum(name.startswith("aten/") for name in torch.library._impls)


def _hooks_in(owner: ModuleType) -> Reader:
    """Return a reader of the hooks that run for every module, or every optimizer, by identity."""
    kept = [hooks for name, hooks in vars(owner).items() if name.startswith("_global_") and isinstance(hooks, dict)]
    return lambda: [id(hook) for hooks in kept for hook in hooks.values()]


def _cuda() -> list[Any]:
    """Return current device, whether its default stream is current, and the debug mode; defaults before CUDA starts."""

    if not torch.cuda.is_initialized():
        return [0, True, 0]
    is_default = torch.cuda.current_stream() == torch.cuda.default_stream()
    return [torch.cuda.current_device(), is_default, torch.cuda.get_sync_debug_mode()]


TORCH: dict[str, Reader] = {
    "default dtype": torch.get_default_dtype,
    "default device": lambda: str(torch.get_default_device()),
    "deterministic algorithms": torch.are_deterministic_algorithms_enabled,
    "deterministic algorithms only warn": torch.is_deterministic_algorithms_warn_only_enabled,
    "deterministic fill of new memory": _own("_get_deterministic_fill_uninitialized_memory"),
    "warnings each time": torch.is_warn_always_enabled,
    "grad mode": torch.is_grad_enabled,
    "inference mode": torch.is_inference_mode_enabled,
    "forward-mode gradients": _own("_is_fwd_grad_enabled"),
    "forward-mode level": lambda: forward_ad._current_level,
    "backward on many threads": _own("_is_multithreading_enabled"),
    "replay of views": _own("_is_view_replay_enabled"),
    "anomaly mode": torch.is_anomaly_enabled,
    "anomaly mode's check for NaN": torch.is_anomaly_check_nan_enabled,
    "autocast": _autocast,
    "autocast's cache": torch.is_autocast_cache_enabled,
    "threads within an op": torch.get_num_threads,
    "threads across ops": torch.get_num_interop_threads,
    "float32 matmul precision": torch.get_float32_matmul_precision,
    "float32 precision of backends": _float32_precisions,
    "mkldnn": _own("_get_mkldnn_enabled"),
    "mkldnn, deterministic": _own("_get_mkldnn_deterministic"),
    "cudnn": _own("_get_cudnn_enabled"),
    "cudnn, benchmark": _own("_get_cudnn_benchmark"),
    "cudnn, deterministic": _own("_get_cudnn_deterministic"),
    "cudnn, TF32": _own("_get_cudnn_allow_tf32"),
    "cublas, TF32": _own("_get_cublas_allow_tf32"),
    "cublas, float16 reduction": _own("_get_cublas_allow_fp16_reduced_precision_reduction"),
    "cublas, bfloat16 reduction": _own("_get_cublas_allow_bf16_reduced_precision_reduction"),
    "cublas, float16 accumulation": _own("_get_cublas_allow_fp16_accumulation"),
    "CPU, float16 reduction": _own("_get_cpu_allow_fp16_reduced_precision_reduction"),
    "nnpack": _own("_get_nnpack_enabled"),
    "quantized engine": _own("_get_qengine"),
    "linalg's library": lambda: str(torch._C._get_linalg_preferred_backend()),
    "attention by flash": _own("_get_flash_sdp_enabled"),
    "attention by memory-efficient kernels": _own("_get_mem_efficient_sdp_enabled"),
    "attention by math": _own("_get_math_sdp_enabled"),
    "attention by cudnn": _own("_get_cudnn_sdp_enabled"),
    "fast path of encoders": torch.backends.mha.get_fastpath_enabled,
    "opt_einsum": lambda: (torch.backends.opt_einsum.enabled, torch.backends.opt_einsum.strategy),
    "modes on the dispatch stack": _own("_len_torch_dispatch_stack"),
    "modes on the function stack": _own("_len_torch_function_stack"),
    "torch functions": _own("_is_torch_function_enabled"),
    "dispatch keys, included": lambda: torch._C._dispatch_tls_local_include_set().raw_repr(),
    "dispatch keys, excluded": lambda: torch._C._dispatch_tls_local_exclude_set().raw_repr(),
    "kernels that a library replaced": _replaced_kernels,
    "hooks of saved tensors": lambda: str(_autograd("_top_saved_tensors_default_hooks", True)()),
    "hooks of saved tensors are allowed": _autograd("_saved_tensors_hooks_is_enabled"),
    "hooks of all modules": _hooks_in(module_hooks),
    "hooks of all optimizers": _hooks_in(optimizer_hooks),
    "profiler": _autograd("_profiler_enabled"),
    "tracing": lambda: torch._C._get_tracing_state() is not None,
    "CUDA's device, stream and debug mode": _cuda,
}
