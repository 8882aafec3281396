"""Prints as JSON what OpInfo, torch's own database of its ops, says about in-place variants.

For a process of its own: importing OpInfo changes warnings, environment, torch's flags and hypothesis' settings.
"""

import json
from collections.abc import Iterator

import torch
from torch.autograd import gradcheck
from torch.testing._internal.common_methods_invocations import op_db

#: By column of the safety matrix: the test of OpInfo that asks the same question about the in-place variant.
ASKED_BY = {
    "first": "test_inplace_grad",
    "second": "test_inplace_gradgrad",
    "forward_ad": "test_inplace_forward_mode_AD",
}


def opinions(op) -> dict[str, bool]:
    """By column: whether it is supported in place, by the op's flags and its expected failures."""
    flags = {"first": op.supports_autograd, "second": op.supports_gradgrad, "forward_ad": op.supports_forward_ad}
    marks = [each for each in op.decorators if hasattr(each, "test_name")]
    failing = {each.test_name for each in marks if each.device_type is None and each.dtypes is None}
    return {
        column: bool(flag and op.supports_inplace_autograd and ASKED_BY[column] not in failing)
        for column, flag in flags.items()
    }


def gradients(variant, sample) -> tuple[torch.Tensor, ...]:
    wanting = [t for t in (sample.input, *sample.args) if isinstance(t, torch.Tensor) and t.requires_grad]
    result = variant(sample.input.clone(), *sample.args, **sample.kwargs)
    return torch.autograd.grad(result.sum(), wanting)


def equal_gradients(op) -> Iterator[bool]:
    """Per sample whose result does not grow: whether in-place gradients equal those of out-of-place."""
    for each in op.sample_inputs("cpu", torch.float64, requires_grad=True):
        if op.op(each.input, *each.args, **each.kwargs).shape == each.input.shape:
            pairs = zip(gradients(op.op, each), gradients(op.inplace_variant, each), strict=True)
            yield all(torch.allclose(a, b, rtol=1e-12, atol=0, equal_nan=True) for a, b in pairs)


def tangents(op, batched: bool) -> Iterator[str]:
    """Per sample that draws numbers: what gradcheck says about in-place tangents."""
    for each in op.sample_inputs("cpu", torch.float64, requires_grad=True):
        if 0 < each.kwargs.get("p", 0) < 1:
            try:
                gradcheck(
                    lambda x, each=each: op.inplace_variant(x.clone(), *each.args, **each.kwargs),
                    (each.input,),
                    check_forward_ad=True,
                    check_backward_ad=False,
                    check_undefined_grad=False,
                    check_batched_forward_grad=batched,
                    fast_mode=True,
                )
                yield "right"
            except RuntimeError as error:
                yield str(error)


def main() -> None:
    """Every OpInfo with an in-place variant in float64, with the results of its samples where the matrix disagrees."""
    ops = {op.full_name: op for op in op_db if op.inplace_variant is not None and torch.float64 in op.dtypes}
    dropout = ops["nn.functional.feature_alpha_dropout.with_train"]
    print(
        json.dumps(
            {
                "ops": [[name, op.name, op.variant_test_name, opinions(op)] for name, op in ops.items()],
                "equal_gradients": {name: list(equal_gradients(ops[name])) for name in ("pow", "ldexp")},
                "tangents": list(tangents(dropout, batched=False)),
                "batched_tangents": list(tangents(dropout, batched=True)),
            }
        )
    )


if __name__ == "__main__":
    main()
