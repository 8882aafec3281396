"""The memory cgroups of this process: how much memory they leave, and how many processes the kernel killed in them.

Containers, batch systems and services limit memory by cgroups (man 7 cgroups). The machine's own count of available
memory ignores them. Groups are nested, and each one limits. Versions 1 and 2; without cgroups every answer is None.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Files:
    """The files and the mount type of one version of cgroups."""

    mount_type: str
    controller: str  #: version 1: in the mount's options, each controller has its own hierarchy
    limits: tuple[str, ...]
    usage: str
    page_cache: tuple[str, ...]  #: fields of `memory.stat`: memory that the kernel reclaims before it kills
    kills: str


#: Above `memory.high` the kernel kills nothing but slows everything down, so it counts as a limit.
V2 = Files(
    mount_type="cgroup2",
    controller="",
    limits=("memory.max", "memory.high"),
    usage="memory.current",
    page_cache=("active_file", "inactive_file"),
    kills="memory.events",
)
V1 = Files(
    mount_type="cgroup",
    controller="memory",
    limits=("memory.limit_in_bytes",),
    usage="memory.usage_in_bytes",
    page_cache=("total_active_file", "total_inactive_file"),
    kills="memory.oom_control",
)

PROC = Path("/proc")


def group_free_bytes(proc: Path = PROC) -> int | None:
    """Bytes that the tightest group leaves; None where no group has a limit."""
    left = [_left_bytes(group, files) for own, mount, files in _memory_groups(proc) for group in _nested(own, mount)]
    return min((each for each in left if each is not None), default=None)


def _left_bytes(group: Path, files: Files) -> int | None:
    limits = [limit for name in files.limits if (limit := _number(group / name)) is not None]
    usage = _number(group / files.usage)
    if not limits or usage is None:
        return None
    counted = _counts(group / "memory.stat")
    return max(0, min(limits) - usage + sum(counted.get(name, 0) for name in files.page_cache))


def oom_kills(proc: Path = PROC) -> int | None:
    """How many processes the kernel killed for lack of memory in this process's group; without a group, in all.

    The count includes processes that other processes of the group started.
    """
    for own, _, files in _memory_groups(proc):
        if (kills := _counts(own / files.kills).get("oom_kill")) is not None:
            return kills
    return _counts(proc / "vmstat").get("oom_kill")


def _memory_groups(proc: Path) -> Iterator[tuple[Path, Path, Files]]:
    """Per cgroup version present: this process's own group, where its hierarchy is mounted, and the file names."""
    memberships = [line.split(":", 2) for line in _lines(proc / "self/cgroup")]
    paths = {name: path for _, controllers, path in memberships for name in controllers.split(",")}
    for line in _lines(proc / "self/mountinfo"):  # man 5 proc_pid_mountinfo
        before, _, after = line.partition(" - ")
        root, mount = (word.replace("\\040", " ") for word in before.split()[3:5])
        mount_type, *_, options = after.split()
        for files in (V1, V2):
            is_its = mount_type == files.mount_type and files.controller in ("", *options.split(","))
            if is_its and files.controller in paths:
                own = Path(mount) / paths[files.controller].removeprefix(root).lstrip("/")
                # In a container the path may be the host's, while only the container's own group is mounted.
                yield (own if own.is_dir() else Path(mount)), Path(mount), files


def _nested(own: Path, mount: Path) -> Iterator[Path]:
    """A group and the groups around it, up to the mount."""
    yield own
    for outer in own.parents:
        if outer.is_relative_to(mount):
            yield outer


def _counts(path: Path) -> dict[str, int]:
    """The numbers of a file such as `memory.stat`, by name."""
    words = (line.split() for line in _lines(path))
    return {word[0]: int(word[1]) for word in words if len(word) == 2 and word[1].isdecimal()}


def _number(path: Path) -> int | None:
    """The number in a file; None for "max" and for a missing file."""
    text = "".join(_lines(path))
    return int(text) if text.isdecimal() else None


def _lines(path: Path) -> list[str]:
    with suppress(OSError):
        return path.read_text(errors="replace").splitlines()
    return []
