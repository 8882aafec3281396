"""The in-place names that no pair measures, by kind, each with its kind's claim about it. Tests run every claim."""

from collections.abc import Mapping

#: Each calls its target's op, so the target's numbers hold for it.
ALIASES = {
    "__idiv__": "__itruediv__",  # called by Python 2, not by Python 3
    "absolute_": "abs_",
    "arccos_": "acos_",
    "arccosh_": "acosh_",
    "arcsin_": "asin_",
    "arcsinh_": "asinh_",
    "arctan2_": "atan2_",
    "arctan_": "atan_",
    "arctanh_": "atanh_",
    "clip_": "clamp_",
    "divide_": "div_",
    "F._threshold(inplace=)": "F.threshold(inplace=)",
    "fix_": "trunc_",
    "greater_": "gt_",
    "greater_equal_": "ge_",
    "less_": "lt_",
    "less_equal_": "le_",
    "multiply_": "mul_",
    "negative_": "neg_",
    "not_equal_": "ne_",
    "subtract_": "sub_",
    "swapaxes_": "transpose_",
    "swapdims_": "transpose_",
    "true_divide_": "div_",
}

#: What each changes; the elements that remain keep their values.
METADATA = {
    "as_strided_": "shape and strides",
    "detach_": "the graph",
    "rename_": "the names of the dimensions",
    "requires_grad_": "the graph",
    "resize_": "shape and strides, and the storage where it is too small",
    "resize_as_": "shape and strides, and the storage where it is too small",
    "set_": "the storage it looks at, with shape and strides",
    "shallow_copy_data_": "the storage it looks at, with shape and strides",
    "share_memory_": "the storage, which moves to shared memory",
    "squeeze_": "shape and strides",
    "t_": "shape and strides",
    "transpose_": "shape and strides",
    "unsqueeze_": "shape and strides",
}

#: The layout that each is for; on dense tensors they raise.
LAYOUTS = {
    "_coalesced_": "sparse",
    "_mkldnn_transpose_": "MKL-DNN",
    "copy_sparse_to_sparse_": "sparse",
    "resize_as_sparse_": "sparse",
    "sparse_resize_": "sparse",
    "sparse_resize_and_clear_": "sparse",
}

#: What each is for. Private; `embedding_renorm_` has neither a method nor an out-of-place variant.
INTERNAL = {
    "_add_relu_": "TorchScript's fusion of add and relu",
    "_amp_foreach_non_finite_check_and_unscale_": "torch.amp.GradScaler",
    "_amp_update_scale_": "torch.amp.GradScaler",
    "_fill_mem_eff_dropout_mask_": "the tests of memory-efficient attention",
    "_fused_adagrad_": "torch.optim.Adagrad(fused=True), a whole step",
    "_fused_adam_": "torch.optim.Adam(fused=True), a whole step",
    "_fused_adamw_": "torch.optim.AdamW(fused=True), a whole step",
    "_fused_sgd_": "torch.optim.SGD(fused=True), a whole step",
    "_index_put_impl_": "index_put_",
    "_philox_normal_": "torch.func._random",
    "_philox_randint_": "torch.func._random",
    "_philox_uniform_": "torch.func._random",
    "_resize_output_": "resizing out= arguments",
    "_sobol_engine_ff_": "torch.quasirandom.SobolEngine",
    "_sobol_engine_initialize_state_": "torch.quasirandom.SobolEngine",
    "_sobol_engine_scramble_": "torch.quasirandom.SobolEngine",
    "embedding_renorm_": "F.embedding(max_norm=)",
    "F._no_grad_embedding_renorm_": "F.embedding(max_norm=)",
}

#: What each multiplies: matrices in a format of 8 bits or fewer, with their scales. A CPU has no such kernel.
SCALED = {
    "_scaled_addmm_": "float8 with scales",
    "F.scaled_addmm_": "float8 with scales",
}

#: What each does: the flag is accepted and stored, but never passed on.
IGNORED_FLAGS = {
    "nn.AlphaDropout(inplace=)": "F.alpha_dropout without the flag",
    "nn.FeatureAlphaDropout(inplace=)": "F.feature_alpha_dropout without the flag",
}

#: The Python function that each calls per element, instead of a kernel.
CALLBACKS = {
    "apply_": "f(element)",
    "map_": "f(element, other's)",
    "map2_": "f(element, first other's, second other's)",
}

#: Kinds in words, with their names: every name left out is in exactly one of them.
KINDS: Mapping[str, Mapping[str, str]] = {
    "another name of the same op": ALIASES,
    "writes no element, changes only": METADATA,
    "refuses dense tensors, is for the layout": LAYOUTS,
    "internal to torch, for": INTERNAL,
    "refuses common dtypes, and no CPU can run it: it multiplies matrices in": SCALED,
    "its inplace flag does nothing, it calls": IGNORED_FLAGS,
    "calls Python for every element": CALLBACKS,
}

#: The reason for every name left out: its kind, and the kind's claim about it.
EXCUSED: dict[str, tuple[str, str]] = {
    name: (kind, about) for kind, some in KINDS.items() for name, about in some.items()
}
