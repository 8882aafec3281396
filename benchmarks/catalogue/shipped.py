"""In-place names that only some of the supported versions of torch ship, as found by asking 2.6, 2.13 and 2.15."""

#: The versions that were asked.
ASKED_VERSIONS = ("2.6", "2.13", "2.15")

#: By name: which of them ship it. The catalogue measures or excuses each; other versions may lack it without an error.
OF_SOME_VERSIONS: dict[str, tuple[str, ...]] = {
    "rename_": ("2.6",),  # named tensors ended with 2.13
    "_philox_normal_": ("2.13", "2.15"),
    "_philox_uniform_": ("2.13", "2.15"),
    "_philox_randint_": ("2.15",),
    "_scaled_addmm_": ("2.15",),
    "F.scaled_addmm_": ("2.15",),
    "shallow_copy_data_": ("2.15",),
}
