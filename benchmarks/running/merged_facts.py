"""The facts in `run.json` of a run that was merged from shards."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.record import Measurement
from benchmarks.record.command import command_line
from benchmarks.record.run_facts import Ceiling, PassRow, PlannedPass, RunFacts, ShardFacts
from benchmarks.running.run import plan_passes

#: Options that differ between the shards of one plan: which part is measured, and the name of its machine.
OF_A_SHARD = ("shard", "host")

Pairs = Sequence[tuple[Measurement, Measurement]]
#: What a pass does: its kind, its heap, and its position among passes of that kind and heap.
PassPlace = tuple[str, str, int]


@dataclass(frozen=True)
class StoredShard:
    """A stored shard."""

    name: str  #: of its folder
    facts: RunFacts
    pairs: Pairs  #: its journal


def plan_options(facts: RunFacts) -> dict[str, str]:
    """Return the options of a shard that all shards of its plan share."""
    return {name: value for name, value in facts["options"].items() if name not in OF_A_SHARD}


def merged_facts(shards: Sequence[StoredShard], missing: Mapping[int, str]) -> RunFacts:
    """Return the facts in `run.json` of the run that these shards make. The shards must belong together.

    `missing`: number and reason of each shard that could not be measured, as for `merge`.
    """
    runs = [shard.facts for shard in shards]
    first, options = runs[0], plan_options(runs[0])
    hosts = sorted({facts["machine"].get("host") or "host" for facts in runs})
    devices = sorted({device for facts in runs for device in facts["floors"]})
    return {
        **first,
        "start": min(facts["start"] for facts in runs),
        "end": max(facts["end"] or facts["start"] for facts in runs),
        "command": command_line(options),
        "options": options,
        "machine": {**first["machine"], "host": "+".join(hosts)},
        "ceilings": _merged_ceilings(runs),
        "floors": {name: median(run["floors"][name] for run in runs if name in run["floors"]) for name in devices},
        "passes": _merged_passes(shards),
        "skipped": {**first["skipped"], **_lacking(shards, missing)},
        "ceilings_left_out": [row for facts in runs for row in facts.get("ceilings_left_out", [])],
        "shards": [_shard_facts(shard) for shard in shards],
    }


def _lacking(shards: Sequence[StoredShard], missing: Mapping[int, str]) -> dict[str, str]:
    """Return each pair that no shard measured, with the reasons of all missing shards.

    Which of several missing shards had a pair is not stored.
    """
    if not missing:
        return {}
    first = shards[0].facts
    measured = {outofplace.case.pair for shard in shards for outofplace, _ in shard.pairs}
    reasons = "; ".join(f"shard {number} was not measured: {missing[number]}" for number in sorted(missing))
    return {name: reasons for name in first["pairs"] if name not in measured and name not in first["skipped"]}


def merged_pass_numbers(shard: RunFacts, merged: RunFacts) -> Mapping[int, int]:
    """Return for each pass number of a shard the number of that pass in the merged run.

    The numbers differ if a shard has no case of some heap: then it has no passes of that heap.
    """
    numbers = {place: row["pass_number"] for place, row in _by_place(merged["passes"]).items()}
    return {row["pass_number"]: numbers[place] for place, row in _by_place(shard["passes"]).items()}


def _merged_passes(shards: Sequence[StoredShard]) -> list[PassRow]:
    """Return the passes of the whole plan. Each has the sums of cases and seconds over the shards' passes like it."""
    cases = list(dict.fromkeys(outofplace.case for shard in shards for outofplace, _ in shard.pairs))
    plan: list[PlannedPass] = [
        {"pass_number": each.pass_number, "kind": each.kind, "allocator": each.allocator, "state": "done"}
        for each in plan_passes(cases, shards[0].facts["budget"]["passes"])
    ]
    of_shards = [_by_place(shard.facts["passes"]) for shard in shards]
    merged: list[PassRow] = []
    for place, row in _by_place(plan).items():
        parts = [passes[place] for passes in of_shards if place in passes]
        merged.append(
            {
                **row,
                "cases": sum(part.get("cases", 0) for part in parts),
                "startup_s": round(sum(part.get("startup_s", 0.0) for part in parts), 3),
                "wall_s": round(sum(part.get("wall_s", 0.0) for part in parts), 3),
            }
        )
    return merged


def _by_place(passes: Iterable[PassRow] | Iterable[PlannedPass]) -> dict[PassPlace, PassRow]:
    """Return passes by kind, heap and position among the passes of that kind and heap, ordered by their numbers."""
    seen: Counter[tuple[str, str]] = Counter()
    found: dict[PassPlace, PassRow] = {}
    for row in sorted(passes, key=lambda row: row["pass_number"]):
        like = (row["kind"], row["allocator"])
        found[(*like, seen[like])] = {**row}
        seen[like] += 1
    return found


def _merged_ceilings(runs: Iterable[RunFacts]) -> list[Ceiling]:
    """Return the median over shards of each ceiling: machines of one kind have the same ceilings."""
    by_place: dict[tuple, list[Ceiling]] = {}
    for row in (row for facts in runs for row in facts["ceilings"]):
        by_place.setdefault((row["device"], row["threads"], row["tensor_bytes"]), []).append(row)
    return [
        {
            **rows[0],
            "copy_bytes_per_s": median(row["copy_bytes_per_s"] for row in rows),
            "inplace_write_bytes_per_s": median(row["inplace_write_bytes_per_s"] for row in rows),
        }
        for _, rows in sorted(by_place.items())
    ]


def _shard_facts(shard: StoredShard) -> ShardFacts:
    return {
        "shard": shard.facts["options"]["shard"],
        "run": shard.name,
        "host": shard.facts["machine"].get("host"),
        "start": shard.facts["start"],
        "end": shard.facts["end"],
        "pairs": sorted({outofplace.case.pair for outofplace, _ in shard.pairs}),
    }
