"""Which ops each claim and hazard concerns, by name; the stored files do not say it. Standard library only.

An op is listed if a claim or hazard uses it in place in its title or its observations. Use in the program alone does
not count: most programs write with `mul_` or `add_` only to write something.
"""

#: By claim or hazard: its ops, each by the name of a pair.
SUBJECTS: dict[str, tuple[str, ...]] = {
    # claims
    "standard-add": (),
    "leaf-add": ("add",),
    "reuse-add": ("add",),
    "chain-rule": ("add", "exp", "mul", "sin", "setitem_row"),
    "overwritten-values": ("mul", "zero", "setitem_row"),
    "altered-leaves": ("iadd", "logical_not", "mul"),
    "higher-order": ("sin",),
    "complex-losses": (),
    "accumulation": ("tanh", "zero"),
    "custom-functions": (),
    "recurrent": ("add", "iadd", "tanh", "setitem_row"),
    "memory": (),  # about in-place ops in general
    "references-decide": ("elu", "leaky_relu", "relu", "silu"),
    "notes-shared-storage": ("mul",),
    "notes-no-error": (),
    "versions": (),
    # hazards: silent
    "untracked-write": ("add",),
    "fused-step": (),
    "running-statistics": (),
    "saved-then-written": (),
    "written-grad-output": (),
    "hook-writes": (),
    "checkpoint-writes-state": (),
    "aliased-gradients": ("mul", "foreach_mul"),
    "overlapping-views": (),
    "logical-in-place": ("logical_and", "logical_not", "logical_or", "logical_xor"),
    "elu-from-result": ("celu", "elu", "selu"),
    "half-overflows": ("mul",),
    "compiled-version-check": (),
    "compiled-stale-graph": (),
    "compiled-dropped-write": (),
    "autocast-stale-cast": ("mul",),
    "compiled-foreach-itself": ("foreach_add",),
    "compiled-gapped-windows": ("add",),
    "compiled-overlap-gradient": ("relu",),
    "compiled-expanded-zeroed": ("zero",),
    "compiled-windows-rest": ("mul",),
    "compiled-foreach-twice": ("foreach_add",),
    "compiled-foreach-in-turn": ("foreach_copy",),
    "compiled-foreach-square": ("foreach_mul",),
    "compiled-input-saved": ("abs",),
    "compiled-put-of-itself": ("index_put",),
    "own-column": ("div",),
    "product-with-itself": ("addmm", "baddbmm", "addbmm"),
    "scattered-itself": ("masked_scatter",),
    # hazards: loud
    "own-element": ("setitem_row",),
    "square-by-itself": ("imul", "square"),
    "residual-after-relu": ("iadd",),
    "vmap-batched-operand": ("add",),
    "foreach-by-tensor": ("foreach_mul",),
    "steps-interleaved": (),
    "backward-hook": (),
    "dropout-after-relu": ("dropout",),
    # hazards: guards against the return of old bugs
    "leaf-written": ("mul",),
    "view-of-unbind": (),
    "negative-slope": ("leaky_relu",),
    "negative-alpha": ("elu",),
    "saved-view-written": (),
    "function-view-filled": (),
    "marked-not-returned": (),
    "function-views-written": (),
    "retained-gradient": (),
    "retained-gradient-of-base": (),
    "backward-inputs": (),
    "masked-assignment": ("setitem_mask",),
    "second-derivative-of-view": ("relu",),
    "checkpointed-view": (),
    "checkpointed-slice": (),
    "function-on-non-leaf": (),
    "compiled-mutated-input": (),
    "compiled-leaf-under-no-grad": (),
}

#: By op: pairs and scenarios with other names that call it in place.
CALLERS: dict[str, tuple[str, ...]] = {
    "add": (
        *("giou", "label_smoothing", "gru_gates", "leaky_learned", "lstm_gates", "rnn_cell", "decoder"),
        *("block_residual", "block_residual_compiled", "focal", "focal_compiled"),
        *("leaky_fixed", "leaky_fixed_compiled"),
    ),
    "celu": ("F.celu_", "nn.CELU"),
    "div": (
        *("div_floor", "div_trunc"),
        *("contrastive", "temperature_on_view", "normalise_images", "normalise_images_compiled"),
    ),
    "dropout": ("nn.Dropout", "block_dropout", "vgg_like_dropout"),
    "elu": ("F.elu_", "nn.ELU", "resnet_elu_depth", "resnet_elu_depth_compiled"),
    "foreach_mul": ("clip_grad_norm",),
    "iadd": ("resnet18_torchvision", "resnet20_residual"),
    "leaky_relu": (
        *("F.leaky_relu_", "nn.LeakyReLU"),
        *("resnet20_leaky_relu", "gradient_penalty", "checkpoint_leaky_relu"),
    ),
    "logical_and": ("logical_and_as_number",),
    "mul": (
        *("rotary", "custom_swish", "gru_gates", "leaky_learned", "decoder", "focal", "focal_compiled"),
        *("attention_mask", "attention_mask_compiled", "leaky_fixed", "leaky_fixed_compiled"),
    ),
    "relu": (
        *("F.relu_", "nn.ReLU", "resnet20_relu"),
        *("preactivation_named", "resnet18_torchvision", "unet_like_relu", "vgg_like_dropout"),
    ),
    "selu": ("F.selu_", "nn.SELU"),
    "silu": ("nn.SiLU", "resnet20_silu", "resnet8_silu_compiled", "checkpoint_silu"),
    "square": ("focal", "focal_compiled"),
    "tanh": ("gru_gates", "rnn_cell"),
}


def concerns(finding: str, pair: str) -> bool:
    """Whether a claim or hazard concerns a pair or scenario; both by their names."""
    return any(pair == op or pair in CALLERS.get(op, ()) for op in SUBJECTS.get(finding, ()))
