"""One ordinary run made of the shards of one plan. Nothing is measured: stored measurements are merged.

Shards that do not belong together are refused: they differ in options, code, torch or kind of machine, or one is
missing or there twice. A shard that could not be measured may be named with its reason: the run then says which pairs
it lacks, and why.
"""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from benchmarks.planning.shards import Shard
from benchmarks.record.folder import append_pair, read_journal, read_run, write_run
from benchmarks.record.machine_kind import machine_kind, other_kind_text
from benchmarks.record.run_facts import RunFacts
from benchmarks.running.merged_facts import Pairs, StoredShard, merged_facts, merged_pass_numbers, plan_options
from benchmarks.running.run import RunError, run_name

#: The default of `merge`: no shard is missing.
NONE_MISSING: Mapping[int, str] = MappingProxyType({})

#: Facts that all shards of a plan share.
SAME_PLAN = (
    *("method", "preset", "label", "budget", "thresholds", "suite_sha256", "pairs_sha256", "cases_sha256"),
    *("pairs", "scenarios", "skipped", "coverage"),
)


def merge(folders: Sequence[Path], target: Path | None = None, missing: Mapping[int, str] = NONE_MISSING) -> Path:
    """Merge the shards in `folders` into one run, write it, and return its folder.

    `target`: the folder to write (default: one next to the first shard). `missing`: number and reason of each shard
    that could not be measured; pairs that no shard measured become skipped pairs of the run. The order of the shards
    does not matter. RunError or RecordError, one line, if the shards do not make a run: then nothing is written.
    OSError if the run cannot be written.
    """
    if not folders:
        raise RunError("merge: name the folders of all shards of a run")
    runs = {folder: read_run(folder) for folder in folders}
    shards = {folder: _shard_of(folder, facts) for folder, facts in runs.items()}
    _check_whole(shards, missing)
    ordered = sorted(runs, key=lambda folder: shards[folder].number)
    first = ordered[0]
    for folder in ordered[1:]:
        if why := why_apart(first, runs[first], runs[folder]):
            raise RunError(f"{folder}: {why}")
    stored = [StoredShard(folder.resolve().name, runs[folder], tuple(read_journal(folder))) for folder in ordered]
    _check_disjoint({folder: shard.pairs for folder, shard in zip(ordered, stored, strict=True)})
    facts = merged_facts(stored, missing)
    return _write(target or first.parent / f"{run_name(facts)}-merged", facts, stored)


def _shard_of(folder: Path, facts: RunFacts) -> Shard:
    text = facts.get("options", {}).get("shard", "")
    if not text:
        raise RunError(f"{folder}: is no shard of a run (it was measured without --shard)")
    try:
        shard = Shard.of_text(text)
    except ValueError as error:
        raise RunError(f"{folder}: its shard {text!r} is {error}") from None
    if facts["state"] != "complete":
        raise RunError(f"{folder}: shard {shard} is partial; finish it with RESUME=")
    return shard


def _check_whole(shards: Mapping[Path, Shard], known: Mapping[int, str]) -> None:
    """Raise RunError unless all shards have one count, and each number is there once or is `known` to be missing."""
    (first, of_first), *others = shards.items()
    for folder, shard in others:
        if shard.count != of_first.count:
            raise RunError(f"{folder}: is shard {shard}, but {first} is {of_first}")
    counts = Counter(shard.number for shard in shards.values())
    doubled = [number for number, count in counts.items() if count > 1]
    if doubled:
        twice = " and ".join(str(folder) for folder, shard in shards.items() if shard.number == doubled[0])
        raise RunError(f"shard {doubled[0]}/{of_first.count} is there twice: {twice}")
    missing = sorted(set(range(1, of_first.count + 1)) - set(counts) - set(known))
    if missing:
        names = ", ".join(f"{number}/{of_first.count}" for number in missing[:10])
        raise RunError(f"shards are missing: {names}{', ...' if len(missing) > 10 else ''}")


def why_apart(first: Path, expected: RunFacts, facts: RunFacts) -> str:
    """Return how a shard differs from the one in `first` in plan, code, torch or kind of machine; "" if it does not."""
    for name in SAME_PLAN:
        if facts.get(name) != expected.get(name):
            return f"is not of the plan of {first}: its {name!r} differs"
    if (own := plan_options(facts)) != (theirs := plan_options(expected)):
        name = next(name for name in {**own, **theirs} if own.get(name) != theirs.get(name))
        return f"is not of the plan of {first}: its option {name!r} differs"
    if unlike := other_kind_text(machine_kind(facts), machine_kind(expected)):
        return f"was measured on another kind of machine than {first}: {unlike}"
    return ""


def _check_disjoint(journals: Mapping[Path, Pairs]) -> None:
    """Raise RunError if two shards hold cases of one pair: then somebody moved files between shards."""
    owners: dict[str, Path] = {}
    for folder, pairs in journals.items():
        for name in dict.fromkeys(outofplace.case.pair for outofplace, _ in pairs):
            if (other := owners.setdefault(name, folder)) != folder:
                raise RunError(f"{folder}: holds cases of {name}, as does {other}")


def _write(target: Path, facts: RunFacts, shards: Sequence[StoredShard]) -> Path:
    """Write the merged run completely or not at all, and return its folder. RunError if that exists already."""
    if target.exists():
        raise RunError(f"{target}: is there already; a merged run is not written over")
    unfinished = target.with_name(f".{target.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a killed merge
    unfinished.mkdir(parents=True)
    write_run(unfinished, facts)
    for shard in shards:
        numbers = merged_pass_numbers(shard.facts, facts)
        for outofplace, inplace in shard.pairs:
            number = numbers[outofplace.pass_number]
            append_pair(unfinished, *(replace(each, pass_number=number) for each in (outofplace, inplace)))
    unfinished.rename(target)
    return target
