"""The stored runs that the README files quote: the newest complete ones on a CPU, of the torch that is pinned."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.readme.markers import MarkerError
from analysis.right.truth import Truth, Where, read_truth, where
from analysis.run.facts import part, text
from analysis.run.load import StoredRun, load_run
from analysis.section import Section, sections
from benchmarks.record.folder import RUN_FILE

REFERENCE = Path("results/reference")
#: The folder in it of the runs on several versions of torch.
VERSION_RUNS = "versions"
#: Options that leave nothing out of a preset. `select` does, except for the one that leaves out scenarios.
_SELECT = "select"
_COMPLETE = {"preset", "device", "label", "passes", "host", "threads", "exclusive", _SELECT}
_OPS, _SCENARIOS = {"", "not bench_scenarios"}, {"", "bench_scenarios"}
_DEVICE = "cpu"
_PINNED = re.compile(r"^TORCH \?= torch==([\w.]+)", re.MULTILINE)


@dataclass(frozen=True)
class Quoted:
    """The runs and results stored under a repository's `results/reference`."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / REFERENCE

    @cached_property
    def runs(self) -> list[StoredRun]:
        """All kept runs, the oldest first."""
        return [load_run(path.parent) for path in sorted(self.folder.glob(f"*/{RUN_FILE}"))]

    @cached_property
    def sections(self) -> list[Section]:
        """All kept runs, one section per device."""
        return sections(self.runs)

    @cached_property
    def ops(self) -> Section:
        """The newest run of `quick` or `full` with all ops."""
        return self._newest(_OPS, "ops")

    @cached_property
    def models(self) -> Section:
        """The newest run of `quick` or `full` with all scenarios."""
        return self._newest(_SCENARIOS, "scenarios")

    @cached_property
    def pinned(self) -> str:
        """The torch that the Makefile installs, such as 2.13.0; "" where it pins none."""
        makefile = self.root / "Makefile"
        found = _PINNED.search(makefile.read_text(encoding="utf-8")) if makefile.exists() else None
        return found[1] if found else ""

    def _newest(self, selections: set[str], what: str) -> Section:
        """Of the pinned torch: the same run on other versions is kept too."""
        found = [section for section in self.sections if _leaves_out_nothing(section, selections)]
        found = [section for section in found if self.pinned in ("", where(section.run.facts, section.device)[0])]
        has = [each for each in found if len(each.cases if what == "ops" else each.scenarios)]
        if not has:
            raise MarkerError(f"{self.folder}: no complete run with all {what} on a CPU")
        return max(has, key=lambda section: text(section.run.facts.get("start")) or "")

    @cached_property
    def advised(self) -> list[Section]:
        """The kept answers of the advisor, the newest first."""
        found = sorted((self.folder / "advised").glob(f"*/{RUN_FILE}"), reverse=True)
        return sections([load_run(path.parent) for path in found])

    @cached_property
    def versions(self) -> list[Section]:
        """The newest run on each version of torch, of those that were measured in turns; the oldest version first."""
        runs = [load_run(path.parent) for path in sorted((self.folder / VERSION_RUNS).glob(f"*/{RUN_FILE}"))]
        newest = {where(section.run.facts, section.device)[0]: section for section in sections(runs)}
        return [newest[version] for version in sorted(newest, key=_version_numbers)]

    @cached_property
    def truth(self) -> Truth:
        """The kept claims, hazards and safety matrices."""
        return read_truth([self.folder / "autograd"])

    @cached_property
    def where(self) -> Where:
        """The torch and device of `ops`, for which correctness is quoted."""
        return where(self.ops.run.facts, self.ops.device)

    def selftest(self, name: str) -> dict[str, Any]:
        """The rows of a kept self-test: what was measured, and the result."""
        return json.loads((self.folder / "selftest" / f"{name}.json").read_text(encoding="utf-8"))

    def judged_models(self) -> list[dict[str, Any]]:
        """What the advisor found on each model: a row per step, by column."""
        return json.loads((self.folder / "selftest" / "judge-models.json").read_text(encoding="utf-8"))


def _version_numbers(version: str) -> tuple[int, ...]:
    """2.13.0 comes after 2.6.0."""
    return tuple(map(int, re.findall(r"\d+", version)))


def _leaves_out_nothing(section: Section, selections: set[str]) -> bool:
    facts = section.run.facts
    options = {name: value for name, value in part(facts, "options").items() if value}
    return (
        section.device == _DEVICE
        and facts.get("state") == "complete"
        and facts.get("preset") in ("quick", "full")
        and set(options) <= _COMPLETE
        and (text(options.get(_SELECT)) or "") in selections
    )


def later_runs(quoted: Quoted) -> Iterator[Section]:
    """The sections that were measured after `quoted.models`, on the same device, the oldest first."""
    start = text(quoted.models.run.facts.get("start")) or ""
    for section in quoted.sections:
        if section.device == quoted.models.device and (text(section.run.facts.get("start")) or "") > start:
            yield section
