"""What is kept of a part: read from the files of `results/reference/`."""

import json
from pathlib import Path
from typing import Any, cast

from benchmarks.autograd.record import files
from benchmarks.record import RECORD_VERSION, RecordError
from benchmarks.record.folder import read_whole_journal
from benchmarks.record.run_facts import RunFacts
from benchmarks.record.versions import release
from benchmarks.reference.reference_declared import SELFTEST_VERSIONS, asked_text, run_texts
from benchmarks.reference.reference_parts import (
    ADVICE,
    FACTS_FILE,
    FINDINGS,
    JUDGED,
    REFERENCE,
    RUN_RECORDS,
    SELFTEST,
    TURNS,
    Item,
    Part,
)
from benchmarks.reference.staleness import KeptResult
from benchmarks.running.stored_run import stored_runs

#: Options that name a run, and choose nothing of what it measures.
_NAMES = ("label", "host", "exclusive")
_CPU = "cpu"
#: Where the advisor's answers are kept, as runs; where the runs on several versions of torch.
ADVISED, VERSION_RUNS = REFERENCE / "advised", REFERENCE / "versions"


def kept_of(item: Item, root: Path = Path()) -> KeptResult | None:
    """What is kept of an item, in the checkout at `root`; None where nothing is."""
    facts = part_facts(root).get(item.name, {})
    if item.part.kind == FINDINGS:
        return _findings(item, root / REFERENCE / "autograd", facts)
    if item.part.kind in (SELFTEST, JUDGED):
        return _selftest(kept_file(item, root), facts)
    if item.part.kind == ADVICE:
        return _advice(item, root / ADVISED)
    run = newest_kept_run(item, root / kept_runs_folder(item.part))
    return _run(*run) if run else None


def kept_runs_folder(part: Part) -> Path:
    """Where the runs of a part are kept: those on several versions, which README files do not quote, on their own."""
    return VERSION_RUNS if part.kind == TURNS else REFERENCE


def part_facts(root: Path = Path()) -> dict[str, Any]:
    """FACTS_FILE: by an item's name, what its own files do not say. RecordError where it cannot be read."""
    path = root / FACTS_FILE
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError(f"{path}: cannot be read: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise RecordError(f"{path}: no facts of parts")
    return found


def kept_file(item: Item, root: Path = Path()) -> Path:
    """The file that holds a self-test, or how often the advisor is right."""
    return root / REFERENCE / "selftest" / f"{item.part.name}.json"


def newest_kept_run(item: Item, folder: Path) -> tuple[Path, RunFacts] | None:
    """The newest complete run of an item in a folder of runs, and its facts."""
    found = [(path, facts) for path, facts in stored_runs(folder, "*") if _is_of(facts, item)]
    return max(found, key=lambda run: run[1].get("start") or "", default=None)


def _is_of(facts: RunFacts, item: Item) -> bool:
    options = {name: text for name, text in facts.get("options", {}).items() if text and name not in _NAMES}
    torch = release(str(facts["machine"].get("torch_version") or ""))
    return facts["state"] == "complete" and options == item.part.options and item.version in ("", torch)


def _run(folder: Path, facts: RunFacts) -> KeptResult:
    pairs = facts.get("pairs", {})
    statements = {name: (each["outofplace"], each["inplace"], each["domain"]) for name, each in pairs.items()}
    cases = {pair[0].case for pair in read_whole_journal(folder).pairs}
    record = facts.get("record", 0)
    walls = [row.get("wall_s") for row in facts.get("passes", ())]
    return KeptResult(
        made=facts.get("start") or "",
        took_s=sum(wall for wall in walls if wall is not None) if any(walls) else None,
        versions={"method": facts.get("method", 1), "record": RECORD_VERSION if record in RUN_RECORDS else record},
        declared=run_texts(statements, cases),
    )


def _findings(item: Item, folder: Path, facts: dict[str, Any]) -> KeptResult | None:
    stored, _ = files.read_all([folder], item.part.name)
    mine = [each for each in stored if release(each.torch) == item.version and each.device == _CPU]
    rows = files.newest(mine, lambda torch, device: (release(torch), device)).get((item.version, _CPU), {})
    if not rows:
        return None
    made = _iso(max(each.made for each in mine))
    return KeptResult(made, facts.get("took_s"), {}, {name: asked_text(row) for name, row in rows.items()})


def _iso(stamp: str) -> str:
    """'20261129T215141Z' as ISO 8601."""
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}+00:00"


def _selftest(path: Path, facts: dict[str, Any]) -> KeptResult | None:
    if not path.exists():
        return None
    versions = {name: facts[name] for name in SELFTEST_VERSIONS if isinstance(facts.get(name), int)}
    return KeptResult(facts.get("made", ""), facts.get("took_s"), versions, facts.get("declared", {}))


def _advice(item: Item, folder: Path) -> KeptResult | None:
    """The newest answer on the part's step: a run that says what the files of the step were."""
    found = []
    for _, facts in stored_runs(folder, "*"):
        advice: dict[str, Any] = cast(dict[str, Any], facts).get("advice") or {}
        if [each.get("step") for each in advice.get("steps", ())] == list(item.part.arguments):
            versions = {"method": facts.get("method", 1), "record": facts.get("record", 0)}
            found.append((facts.get("start") or "", versions, advice))
    if not found:
        return None
    start, versions, advice = max(found, key=lambda each: each[0])
    return KeptResult(start, advice.get("answered_s"), versions, advice.get("sources_sha256", {}))
