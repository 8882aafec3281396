"""A run and its machine in words: one line, rows of facts, and how to finish an incomplete run."""

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from analysis.run.facts import items, moment, number, part, text, thresholds
from analysis.run.load import printable
from analysis.units import bytes_text, count_text, duration_text, number_text, rate_text
from benchmarks.record import METHOD_VERSION
from benchmarks.record.plain_text import first_names
from benchmarks.record.versions import times_alike

Rows = list[tuple[str, str]]  #: (name, value)

#: Names of a shard's pairs that are shown.
_MOST_PAIRS = 8


def partial_note(facts: dict, folder: Path) -> str | None:
    """How far an incomplete run, stored in `folder`, came and how to finish it; None for a complete run."""
    if facts.get("state") == "complete":
        return None
    passes = items(facts, "passes")
    done = sum(item.get("state") == "done" for item in passes)
    came = f" after {done} of {number_text(len(passes), 'pass')}" if done < len(passes) else " before its end"
    command = f"make bench RESUME={shlex.quote(printable(str(folder)))}"
    return f"This run is partial: it stopped{came}. Finish it with: {command}"


def machine_line(facts: dict, device: str) -> str:
    """The machine and torch behind a device's numbers, in one line."""
    machine = part(facts, "machine")
    threads = number(machine.get("threads"))
    parts = [
        text(gpu_of(machine, device).get("name")) if device.startswith("cuda") else text(machine.get("cpu_model")),
        number_text(int(threads), "thread") if threads and not device.startswith("cuda") else None,
        f"torch {machine['torch_version']}" if text(machine.get("torch_version")) else None,
    ]
    started = moment(facts.get("start"))
    parts.append(started.strftime("%Y-%m-%d") if started else None)
    return " · ".join(part for part in parts if part) or "an unknown machine"


def gpu_of(machine: dict, device: str) -> dict:
    """The facts of the GPU that `device` names; empty where the machine's facts lack it."""
    gpus = {str(index): gpu for index, gpu in enumerate(items(machine, "gpus"))}
    return gpus.get(device.partition(":")[2] or "0", {})


def machine_rows(facts: dict) -> Rows:
    """The machine's facts, one per row."""
    machine = part(facts, "machine")
    physical, logical = number(machine.get("cores_physical")), number(machine.get("cores_logical"))
    rows = [
        ("Host", text(machine.get("host"))),
        ("System", text(machine.get("system"))),
        ("CPU", text(machine.get("cpu_model"))),
        ("Cores", f"{physical or '?'} physical, {logical or '?'} logical" if physical or logical else None),
        ("Caches", ", ".join(f"{name} {_bytes_or_text(size)}" for name, size in part(machine, "caches").items())),
        ("Memory", bytes_text(number(machine.get("memory_bytes"))) if number(machine.get("memory_bytes")) else None),
        ("C allocator", flat_text(machine.get("malloc"))),
        ("Transparent huge pages", text(machine.get("transparent_huge_pages"))),
        ("CPU governor", text(machine.get("governor"))),
        *((f"GPU {index}", _gpu_row(gpu)) for index, gpu in enumerate(items(machine, "gpus"))),
        ("torch", flat_text([machine.get("torch_version"), machine.get("torch_build")])),
        ("CUDA", flat_text([machine.get("torch_cuda"), machine.get("cuda_settings")])),
        ("Python", text(machine.get("python_version"))),
        ("Threads", text(machine.get("threads"))),
        ("Commit", text(machine.get("git_commit"))),
        *((f"Bandwidth, {where}", rates) for where, rates in _ceilings(facts)),
    ]
    return [(name, value) for name, value in rows if value]


def flat_text(value: object) -> str | None:
    """Any `value` in one line: 'libc glibc 2.36, preload a.so'; None where it is empty."""
    if isinstance(value, dict):
        parts = [(name, flat_text(item)) for name, item in value.items()]
        return ", ".join(f"{name} {item}" for name, item in parts if item) or None
    if isinstance(value, list):
        return ", ".join(item for item in map(flat_text, value) if item) or None
    return str(value).lower() if isinstance(value, bool) else text(value)


def _bytes_or_text(value: object) -> str:
    return bytes_text(number(value)) if number(value) is not None else text(value) or "?"


def _gpu_row(gpu: dict) -> str:
    memory = number(gpu.get("memory_bytes"))
    driver = text(gpu.get("driver"))
    others = {key: value for key, value in gpu.items() if key not in ("name", "memory_bytes", "driver")}
    known = (
        *(text(gpu.get("name")), bytes_text(memory) if memory else None, f"driver {driver}" if driver else None),
        flat_text(others),
    )
    return ", ".join(value for value in known if value)


def _ceilings(facts: dict) -> Iterator[tuple[str, str]]:
    """Measured bandwidth, one row per device and tensor size; then what could not be measured."""
    for ceiling in (*items(facts, "ceilings"), *items(facts, "ceilings_left_out")):
        size = number(ceiling.get("tensor_bytes"))
        threads = number(ceiling.get("threads"))
        many = f", {number_text(int(threads), 'thread')}" if threads else ""
        where = f"{text(ceiling.get('device')) or '?'}{many}, {bytes_text(size)}"
        if reason := text(ceiling.get("reason")):
            yield where, f"not measured: {reason}"
            continue
        copy, write = (number(ceiling.get(name)) for name in ("copy_bytes_per_s", "inplace_write_bytes_per_s"))
        yield where, f"copy {rate_text(copy)}, in-place write {rate_text(write)}"


def method_of(facts: dict) -> int | str | None:
    """The version of the method that measured a run; None where it is not stored."""
    stored = facts.get("method")
    return stored if type(stored) is int else text(stored)


def method_rows(facts: dict, devices: Iterable[str]) -> Rows:
    """How the run was made on `devices`, one fact per row."""
    limits, method = thresholds(facts), method_of(facts)
    others = [device for device in devices if not times_alike(device, method, METHOD_VERSION)]
    note = f" (this report was written for method {METHOD_VERSION}, which times {', '.join(others)} differently)"
    note = note if others else ""
    started, ended = moment(facts.get("start")), moment(facts.get("end"))
    rows = [
        ("Method", f"version {method}{note}" if method is not None else f"unknown{note}"),
        ("Preset", text(facts.get("preset"))),
        ("Options", flat_text(part(facts, "options"))),
        ("Started", started.strftime("%Y-%m-%d %H:%M:%S UTC") if started else None),
        ("Took", duration_text((ended - started).total_seconds()) if started and ended else None),
        ("Passes", _passes(facts)),
        ("Merged from", "; ".join(_shards(facts))),
        ("Faster, slower", f"the whole interval lies beyond ±{limits['difference'] * 100:g} %"),
        ("No difference", f"the whole interval lies within ±{limits['equivalence'] * 100:g} %"),
        ("Interval", f"sign test over passes, {limits['confidence'] * 100:g} %"),
        ("Repeat with", text(facts.get("command"))),
    ]
    return [(name, value) for name, value in rows if value]


def _passes(facts: dict) -> str:
    """'13 time retained, 1 memory fresh': the number of passes of each kind in the run."""
    counts: dict[str, int] = {}
    for item in items(facts, "passes"):
        if item.get("state") in ("done", None):
            kind = " ".join(value for value in (text(item.get(n)) for n in ("kind", "allocator")) if value)
            counts[kind] = counts.get(kind, 0) + 1
    return ", ".join(f"{count_text(count)} {kind}" for kind, count in counts.items())


def _shards(facts: dict) -> Iterator[str]:
    """'shard 1/2 on host-a (relu, exp)': what a merged run measured where, one text per shard."""
    for shard in items(facts, "shards"):
        pairs = shard.get("pairs")
        names = [name for name in map(text, pairs) if name] if isinstance(pairs, list) else []
        where = text(shard.get("host")) or "an unknown machine"
        yield f"shard {text(shard.get('shard')) or '?'} on {where} ({first_names(names, _MOST_PAIRS)})"
