"""Optimizers and related updates: new lists of tensors, against writing parameters and gradients in place."""

from typing import Any

import torch

from benchmarks.catalogue.scenarios import updating
from benchmarks.catalogue.scenarios.scenario import Scenario
from benchmarks.models import updates
from benchmarks.record import Expectation

_FUSED = "docs.pytorch.org/docs/stable/optim.html: fused is typically faster than foreach, and that than a loop"
_FOREACH = "docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html: foreach takes a further sizeof(params)"
_LISTS = "by derivation: gradients and every new list, against gradients alone; of temporaries a tensor's at most"


def _expects(peak: float, source: str = _LISTS) -> tuple[Expectation, ...]:
    return (
        Expectation("inference", "time", "less", "by derivation: fewer bytes written, no result to allocate"),
        Expectation("inference", "peak", "less", source, factor=peak),
        Expectation("step", "time", "less", "by derivation: forward and backward are the same"),
        Expectation("step", "peak", "less", "by derivation: the update comes on top of all gradients"),
    )


def _scenario(
    name: str, outofplace: updating.Builder, inplace: updating.Builder, practice: str, **more: Any
) -> Scenario:
    return Scenario(
        name,
        outofplace,
        inplace,
        (2, 17),
        practice,
        axis="parameters",
        scales=(2**19, 2**18, 2**20, 2**21, 2**22),
        gpu_scales=(2**26,),
        draw=updating.tokens,
        update_alone=True,
        phases=("inference", "step"),
        **more,
    )


def _sgd(how: str, practice: str, note: str = "") -> Scenario:
    kept, flags = ("momentum_buffer",), _FLAGS[how]
    return _scenario(
        f"sgd_{how}",
        updating.functional(updates.sgd, len(kept)),
        updating.torch_optim(torch.optim.SGD, kept, momentum=updates.MOMENTUM, **flags),
        practice,
        code=(
            "buf = [0.9 * b + g for b, g in zip(buf, grads)]; params = [p - lr * b for p, b in zip(params, buf)]",
            f"SGD(params, lr, momentum=0.9, {_flags_text(flags)}).step()",
        ),
        expects=_expects(peak=3.0),
        note=note,
    )


def _adam(how: str, practice: str, expects: tuple[Expectation, ...], note: str = "") -> Scenario:
    kept, flags = ("exp_avg", "exp_avg_sq"), _FLAGS[how]
    return _scenario(
        f"adam_{how}",
        updating.functional(updates.adam, len(kept), 2),
        updating.torch_optim(torch.optim.Adam, kept, **flags),
        practice,
        code=(
            "m, v = [b1 * m + (1 - b1) * g ...], [...]; params = [p - size * m / (v.sqrt() / root + eps) ...]",
            f"Adam(params, lr, {_flags_text(flags)}).step()",
        ),
        expects=expects,
        note=note,
    )


def _flags_text(flags: dict[str, bool]) -> str:
    return ", ".join(f"{name}={value}" for name, value in flags.items())


_FLAGS = {"single": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}
_EMA = "averages = [a.lerp(p, 0.001) for a, p in zip(averages, params)]"
_SAME_BASELINE = "all have the same baseline, a Python loop: foreach and fused gain more than in-place writes alone"
_UNUSED = "the update gets the gradients, which it does not use, as its input"

SCENARIOS = (
    _sgd("single", "SGD with momentum, one tensor after another; out of place as JAX and optax have it."),
    _sgd("foreach", "SGD with momentum over lists of tensors at once: torch.optim's default on GPUs.", _SAME_BASELINE),
    _sgd("fused", "SGD with momentum in one kernel that writes parameters and momentum.", _SAME_BASELINE),
    _adam(
        "single",
        "Adam, one tensor after another; out of place as JAX and optax have it.",
        _expects(peak=3.0),
    ),
    _adam(
        "foreach",
        "Adam over lists of tensors at once: torch.optim's default on GPUs.",
        _expects(peak=2.0, source=_FOREACH),
        _SAME_BASELINE,
    ),
    _adam(
        "fused",
        "Adam in one kernel that writes parameters and moments, and allocates nothing.",
        (*_expects(peak=4.0), Expectation("inference", "time", "less", _FUSED, factor=2.0)),
        _SAME_BASELINE,
    ),
    _scenario(
        "clip_grad_norm",
        updating.of_gradients(updates.clip),
        updating.of_gradients(updating.clip_),
        "Gradients clipped by their common norm before the optimizer's step: recurrent networks, transformers.",
        code=("grads = torch._foreach_mul(grads, share)", "torch._foreach_mul_(grads, share)"),
        expects=_expects(peak=2.0),
        note="what torch.nn.utils.clip_grad_norm_ does; norm and share are computed alike",
    ),
    _scenario(
        "unscale",
        updating.of_gradients(updates.unscale),
        updating.of_gradients(updating.unscale_),
        "Loss scaling: gradients divided by the loss's scale and searched for overflow, in mixed precision.",
        code=("grads = [g / scale for g in grads]; all(g.isfinite().all() ...)", "scaler.unscale_(optimizer)"),
        expects=_expects(peak=2.0),
        note="the kernel behind GradScaler.unscale_ divides and searches at once",
    ),
    _scenario(
        "ema_lerp",
        updating.average(updates.lerp, written=False),
        updating.average(updating.lerp_, written=True),
        "A moving average of the weights, kept next to them: MoCo, BYOL, Mean Teacher, diffusion models.",
        code=(_EMA, "for a, p in zip(averages, params): a.lerp_(p, 0.001)"),
        expects=_expects(peak=2.0),
        note=_UNUSED,
    ),
    _scenario(
        "ema_foreach",
        updating.average(updates.foreach_lerp, written=False),
        updating.average(updating.foreach_lerp_, written=True),
        "A moving average over lists of weights at once: torch.optim.swa_utils.get_ema_multi_avg_fn.",
        code=(
            "averages = torch._foreach_lerp(averages, params, 0.001)",
            "torch._foreach_lerp_(averages, params, 0.001)",
        ),
        expects=_expects(peak=2.0),
        note=_UNUSED,
    ),
)
