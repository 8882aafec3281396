"""A/A pairs of scenarios: a variant of each topic's first scenario against itself; and these scenarios themselves."""

from dataclasses import replace

from benchmarks.catalogue.scenarios import Scenario, topics
from benchmarks.record import VARIANTS
from benchmarks.selftest.aa_names import aa_pair_names

#: The topic without A/A pairs: its models are compiled in every process, which takes 15 s per variant.
LEFT_OUT = "compiled"

_FIRST = {scenarios[0].name: scenarios[0] for topic, scenarios in topics().items() if topic != LEFT_OUT}
AA_PAIR_NAMES = aa_pair_names(_FIRST)


def _with_variants(declared: Scenario, named: str, variants: tuple[str, str]) -> Scenario:
    first, second = (getattr(declared, variant) for variant in variants)
    return replace(declared, name=named, outofplace=first, inplace=second, expects=(), verify=False)


SAME = tuple(
    _with_variants(_FIRST[name], named, (variant, variant))
    for name, times in AA_PAIR_NAMES.items()
    for both in times
    for variant, named in zip(VARIANTS, both, strict=True)
)
REAL = tuple(_with_variants(declared, name, VARIANTS) for name, declared in _FIRST.items())

PAIRS = SAME + REAL
