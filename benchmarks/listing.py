"""The catalogue as text, and as JSON."""

from typing import Any

from benchmarks.catalogue.coverage import Coverage, catalogue_coverage
from benchmarks.catalogue.inplace_tag import tag_differences
from benchmarks.catalogue.pair import Pair
from benchmarks.catalogue.scenarios import FAMILY, Scenario
from benchmarks.catalogue.select import Families
from benchmarks.record import INPLACE, OUTOFPLACE, USER, VARIANTS


def print_catalogue(families: Families) -> None:
    """Print two lines per pair (statements, input domain, axes), then the coverage in one line."""
    for family, pairs in families.items():
        print(f"{family}: {len(pairs)}{'' if family == FAMILY else ' pairs'}")
        width = max(len(pair.name) for pair in pairs)
        for pair in pairs:
            print(f"  {pair.name:{width}}  {pair.statement(OUTOFPLACE)}  |  {pair.statement(INPLACE)}")
            print(f"  {'':{width}}  {_axes(pair)}{f'; {pair.lacking}: skipped' if pair.lacking else ''}")
    print("\n".join(_summary(families, _coverage(families))))


def catalogue_facts(families: Families) -> dict[str, Any]:
    """The catalogue as JSON; keys that are there stay.

    `families`: by family its pairs, each with `name`, `outofplace` and `inplace` (its code in both variants), and
    `axes` (their values in words). `counts`: how many `pairs`, `families` of them and `scenarios`; of torch's names
    how many are `measured` and `excused`, unless these are a user's own pairs alone. `summary`: the last lines of the
    printed list.
    """
    coverage = _coverage(families)
    accounted = {"measured": len(coverage.measured), "excused": len(coverage.excused)} if coverage else {}
    return {
        "families": {family: [_pair_facts(pair) for pair in pairs] for family, pairs in families.items()},
        "counts": _counts(families) | accounted,
        "summary": _summary(families, coverage),
    }


def _pair_facts(pair: Pair | Scenario) -> dict[str, str]:
    return {"name": pair.name} | {variant: pair.statement(variant) for variant in VARIANTS} | {"axes": _axes(pair)}


def _counts(families: Families) -> dict[str, int]:
    ops = [len(pairs) for family, pairs in families.items() if family != FAMILY]
    return {"pairs": sum(ops), "families": len(ops), "scenarios": len(families.get(FAMILY, ()))}


def _coverage(families: Families) -> Coverage | None:
    """How much of torch is covered; None for a user's own pairs alone."""
    if set(families) == {USER}:
        return None
    return catalogue_coverage(pair for pairs in families.values() for pair in pairs if isinstance(pair, Pair))


def _summary(families: Families, coverage: Coverage | None) -> list[str]:
    """A line of counts; without a user's pairs alone also the coverage, and how torch's own tags differ from it."""
    counts = _counts(families)
    scenarios = f"; {counts['scenarios']} scenarios" if counts["scenarios"] else ""
    lines = [f"{counts['pairs']} pairs in {counts['families']} families{scenarios}"]
    if coverage is not None:
        tags = tag_differences()
        lines += [coverage.line, *([tags.line] if tags else [])]
    return lines


def _axes(pair: Pair | Scenario) -> str:
    """The values each axis may have, the usual value first."""
    if isinstance(pair, Scenario):
        return f"{pair.practice} {'/'.join(pair.phases)}, {pair.axis} {'/'.join(map(str, pair.scales))}"
    shape = pair.shape if isinstance(pair.shape, str) else "x".join(map(str, pair.shape))
    axes = [pair.domain, shape, "/".join(pair.phases), "/".join(pair.dtypes), "/".join(pair.layouts)]
    if pair.others:
        axes.append(f"other {'/'.join(pair.operands)}")
    return ", ".join(axes)
