"""What `fleet.toml` may say, and the shards of such a plan. Anything else in it is a PlanError of one line."""

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fleet.schedule import Job
from benchmarks.planning.options import OptionError, resolve, thread_counts
from benchmarks.planning.plan import PairError, make_plan
from benchmarks.planning.shards import MOST_SHARDS
from benchmarks.record.command import DECIDES
from benchmarks.running.facts import suite_hash
from benchmarks.versions.environments import EnvironmentFailed, pinned_version

#: Options that the fleet sets itself, and those that name a file, which its machines do not have.
NOT_OPTIONS = {
    **dict.fromkeys(("device", "shard", "host"), "the fleet sets it"),
    **dict.fromkeys(("pairs", "cases"), "a fleet measures the catalogue: its machines do not have your file"),
}
DEVICES = ("cpu", "cuda")
#: Every key, and what its value must be.
KEYS = {
    "versions": 'a list of versions of torch, such as ["2.6.0", "2.13.0"]',
    "shards": f"a count from 1 to {MOST_SHARDS}",
    "kinds": 'tables [kinds.NAME], each with device = "cpu" or "cuda"',
    "options": "a table of options of `run` and their texts",
    "work": "a folder on every machine, from / or ~, for what is not finished",
    "environments": "a folder on every machine, from / or ~, for an environment per version",
}
#: Threads that a machine of a fleet may run at once: more than the largest of today.
MOST_THREADS = 1024
NEEDED = ("versions", "shards", "kinds")


class PlanError(ValueError):
    """A plan that cannot be carried out; the message is one line."""


@dataclass(frozen=True)
class FleetPlan:
    """A plan: there is one run per version and kind of machine, measured in `shards` parts."""

    versions: tuple[str, ...]
    shards: int
    kinds: Mapping[str, str]  #: device by kind of machine
    options: Mapping[str, str]  #: texts of options of `run`
    work: str = "~/.cache/inplace-benchmarks/fleet"
    environments: str = "~/.cache/inplace-benchmarks/environments"

    def jobs(self) -> list[Job]:
        """Return a job per shard of all runs. Versions alternate, so that a fleet stopped early has some of each.

        Another plan or another suite gives runs with other names.
        """
        made_of = json.dumps([sorted(self.options.items()), self.shards, sorted(self.kinds.items()), suite_hash()])
        key = hashlib.sha256(made_of.encode()).hexdigest()[:8]
        return [
            Job(f"{kind}-torch{version}-{key}", kind, version, self.kinds[kind], number, self.shards)
            for kind in self.kinds
            for number in range(1, self.shards + 1)
            for version in self.versions
        ]


def read_plan(path: Path, elsewhere: bool = True) -> FleetPlan:
    """Return the plan in a file. PlanError if something in it is wrong, OSError if it cannot be read.

    `elsewhere`: other machines measure it, or none does. Otherwise this machine must be able to.
    """
    try:
        found = _of_toml(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PlanError(f"{path}: not TOML: {error}") from None
    try:
        plan = _plan_of(found)
        _check_cases(plan, elsewhere)
        return plan
    except (PlanError, OptionError, PairError, EnvironmentFailed) as error:
        raise PlanError(f"{path}: {error}") from None


def _of_toml(text: str) -> dict[str, Any]:
    """Return parsed TOML. ValueError if it is none."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # pyright: ignore[reportMissingImports]  # a package that other commands do without
    return tomllib.loads(text)


def _plan_of(found: dict[str, Any]) -> FleetPlan:
    if unknown := sorted(found.keys() - KEYS.keys()):
        raise PlanError(f"unknown key {unknown[0]!r}; known are {', '.join(KEYS)}")
    for name in NEEDED:
        if name not in found:
            raise PlanError(f"{name!r} is missing: {KEYS[name]}")
    places = {name: _place(name, found[name]) for name in ("work", "environments") if name in found}
    return FleetPlan(
        versions=_versions(found["versions"]),
        shards=_shards(found["shards"]),
        kinds=_kinds(found["kinds"]),
        options=_options(found.get("options", {})),
        **places,
    )


def _mistake(name: str) -> PlanError:
    return PlanError(f"{name!r} must be {KEYS[name]}")


def _place(name: str, value: object) -> str:
    """Return a folder that does not depend on the current folder of a machine. PlanError for any other."""
    if not isinstance(value, str) or not value.strip().startswith(("/", "~")):
        raise _mistake(name)
    return value.strip()


def _versions(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise _mistake("versions")
    return tuple(pinned_version(text) for text in dict.fromkeys(value))


def _shards(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_SHARDS:
        raise _mistake("shards")
    return value


def _kinds(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise _mistake("kinds")
    kinds = {}
    for name, fields in value.items():
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name):
            raise PlanError(f"[kinds.{name}]: a label has letters, digits, '.', '_' and '-' only")
        if not isinstance(fields, dict) or fields.keys() != {"device"} or fields["device"] not in DEVICES:
            raise _mistake("kinds")
        kinds[name] = fields["device"]
    return kinds


def _options(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _mistake("options")
    for name, text in value.items():
        if name in NOT_OPTIONS:
            raise PlanError(f"option {name!r}: {NOT_OPTIONS[name]}")
        if name not in DECIDES:
            raise PlanError(
                f"unknown option {name!r}; known are {', '.join(sorted(DECIDES.keys() - NOT_OPTIONS.keys()))}"
            )
        if not isinstance(text, str):
            raise PlanError(f"option {name!r}: its value must be a text in quotes")
    return {name: text.strip() for name, text in value.items() if text.strip()}


def _check_cases(plan: FleetPlan, elsewhere: bool) -> None:
    """Raise OptionError for options that no machine, or not this one, could use, and for more shards than pairs."""
    thread_counts(plan.options.get("threads", ""), MOST_THREADS if elsewhere else 0)
    here = {name: text for name, text in plan.options.items() if name != "threads"}  # that depends on the machine
    raw = {**here, "device": "cpu"}
    resolve(raw)
    make_plan({**raw, "shard": f"{plan.shards}/{plan.shards}"}, raw.get("select", ""))
