"""What the memory cgroups leave, and what they killed, as files of both versions say it, and as the kernel does."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import cgroup
from tests.support.commands import ROOT

UNLIMITED = 9223372036854771712  #: version 1's


@pytest.fixture
def machine(tmp_path):
    """A `/proc` and mounts; `group` makes a group's folder with its files."""
    return Machine(tmp_path)


class Machine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.proc = folder / "proc"
        (self.proc / "self").mkdir(parents=True)

    def belongs(self, *lines: str) -> None:
        (self.proc / "self/cgroup").write_text("".join(line + "\n" for line in lines))

    def mounts(self, *mounts: tuple[str, str, str, str]) -> None:
        """Each as its root in the hierarchy, its folder, its type, its options."""
        lines = [
            f"{number} 1 0:{number} {root} {self.folder / path} rw,nosuid shared:9 - {kind} {kind} {options}\n"
            for number, (root, path, kind, options) in enumerate(mounts, start=30)
        ]
        (self.proc / "self/mountinfo").write_text("".join(lines))

    def group(self, path: str, **files: object) -> None:
        (self.folder / path).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (self.folder / path / name.replace("__", ".")).write_text(f"{text}\n")


def test_version_2_counts_page_cache_as_free(machine):
    machine.belongs("0::/user/run")
    machine.mounts(("/", "fs", "cgroup2", "rw,nsdelegate"))
    stat = "anon 500\nfile 300\nactive_file 30\ninactive_file 70"
    machine.group("fs/user/run", memory__max=1000, memory__high="max", memory__current=800, memory__stat=stat)
    assert cgroup.group_free_bytes(machine.proc) == 1000 - 800 + 100
    machine.group("fs/user/run", memory__high=900)
    assert cgroup.group_free_bytes(machine.proc) == 900 - 800 + 100, "above it all is slowed down"
    machine.group("fs/user/run", memory__current=5000)
    assert cgroup.group_free_bytes(machine.proc) == 0


def test_the_tightest_of_nested_groups_decides(machine):
    machine.belongs("0::/a/b/c")
    machine.mounts(("/", "fs", "cgroup2", "rw"))
    for path, limit, usage in (("fs/a", 3000, 2900), ("fs/a/b", 2000, 1000), ("fs/a/b/c", "max", 500)):
        machine.group(path, memory__max=limit, memory__current=usage)
    assert cgroup.group_free_bytes(machine.proc) == 100
    machine.group("fs/a", memory__max="max")
    assert cgroup.group_free_bytes(machine.proc) == 1000


def test_version_1_beside_an_empty_version_2(machine):
    machine.belongs("9:name=systemd:/x", "5:cpu,memory:/job", "1:cpuset:/other", "0::/")
    machine.mounts(
        ("/", "fs/cpuset", "cgroup", "rw,cpuset"),
        ("/", "fs/memory", "cgroup", "rw,cpu,memory"),
        ("/", "fs/unified", "cgroup2", "rw"),
    )
    machine.group("fs/unified")
    machine.group("fs/cpuset/other", memory__limit_in_bytes=1, memory__usage_in_bytes=1)
    machine.group("fs/memory", memory__limit_in_bytes=UNLIMITED, memory__usage_in_bytes=9)
    stat = "active_file 1\ninactive_file 1\ntotal_active_file 3\ntotal_inactive_file 4"
    machine.group("fs/memory/job", memory__limit_in_bytes=500, memory__usage_in_bytes=200, memory__stat=stat)
    assert cgroup.group_free_bytes(machine.proc) == 307
    machine.group("fs/memory/job", memory__oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 3")
    assert cgroup.oom_kills(machine.proc) == 3


@pytest.mark.parametrize("path", ["/docker/abc", "/docker/elsewhere", "/"], ids=["its-root", "the-hosts", "own"])
def test_in_a_container_its_own_group_is_the_mount(machine, path):
    """The path is the host's where the container has no namespace of groups; of it only its own group is mounted."""
    machine.belongs(f"0::{path}")
    machine.mounts(("/docker/abc", "my fs".replace(" ", "\\040"), "cgroup2", "ro"))
    machine.group("my fs", memory__max=70, memory__current=20, memory__events="low 0\noom 2\noom_kill 1")
    assert cgroup.group_free_bytes(machine.proc) == 50
    assert cgroup.oom_kills(machine.proc) == 1


def test_without_a_limit_or_without_cgroups_nothing_is_known(machine):
    assert cgroup.group_free_bytes(machine.proc) is None and cgroup.oom_kills(machine.proc) is None
    machine.belongs("0::/")
    machine.mounts(("/", "fs", "cgroup2", "rw"))
    machine.group("fs", memory__stat="anon 5")  # the root group has no limit
    assert cgroup.group_free_bytes(machine.proc) is None
    (machine.proc / "vmstat").write_text("pgfault 17\noom_kill 4\n")
    assert cgroup.oom_kills(machine.proc) == 4, "the machine's own count"


TAKES_TOO_MUCH = "x = bytearray(2**28); x[::4096] = x[::4096].replace(bytes(1), b'1')"
IN_A_GROUP = f"""
import os, sys
from benchmarks import cgroup
from benchmarks.process import child_process

print(cgroup.group_free_bytes())
with child_process([sys.executable, "-c", {TAKES_TOO_MUCH!r}], os.environ) as it:
    status = it.status(60)
    print(it.cause(status), it.killed_for_memory(status), sep="|")
"""


@pytest.mark.slow
def test_the_kernels_own_group(memory_group):
    group = memory_group(2**27)
    command = [sys.executable, "-c", IN_A_GROUP]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, preexec_fn=group)
    free, end = done.stdout.splitlines()
    assert 2**26 < int(free) <= 2**27
    assert end == "its process was ended by SIGKILL (the kernel's out-of-memory killer)|True"
