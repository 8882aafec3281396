"""The names of A/A pairs: `exp = exp`, `exp_ = exp_`, and both again for a second measurement."""

from collections.abc import Iterable, Mapping

#: The names of two A/A pairs: of the out-of-place and of the in-place variant.
Both = tuple[str, str]


def aa_pair_names(names: Iterable[str]) -> Mapping[str, tuple[Both, Both]]:
    """Return the names of the A/A pairs of each op or scenario: first both variants, then both again."""
    return {name: (_both(name, ""), _both(name, " again")) for name in names}


def _both(name: str, ending: str) -> Both:
    return f"{name} = {name}{ending}", f"{name}_ = {name}_{ending}"
