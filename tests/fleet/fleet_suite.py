"""An environment whose interpreter is a stand-in of the suite, and what its processes were given."""

import json
import sys
from pathlib import Path

from benchmarks.versions.environments import _made_of
from tests.fleet import stand_in_suite
from tests.support.shards import COUNT

#: Of the kept run whose shards are stored.
OPTIONS = {"preset": "smoke", "pair": "relu,add,exp,dropout"}


def merged_runs(folder: Path) -> list[Path]:
    """The merged runs of a fleet that stores under `folder`/out."""
    return sorted((folder / "out").glob("here-*"))


class Suite:
    """The stand-in, and what its processes were given."""

    def __init__(self, folder: Path, shards: Path) -> None:
        self.folder, self.environments = folder / "suite", folder / "environments"
        self.folder.mkdir()
        for number in range(1, COUNT + 1):
            (self.folder / f"shard{number}").symlink_to(shards / f"shard{number}")
        self.does()
        place = self.environments / "torch-2.13.0"
        (place / "bin").mkdir(parents=True)
        (place / "ready").write_text(_made_of("2.13.0"), encoding="utf-8")
        python = place / "bin/python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} -SE {stand_in_suite.__file__} {self.folder} "$@"\n')
        python.chmod(0o755)

    def takes(self, seconds: float) -> None:
        """Its processes take so long, and start as the suite's do: they end with the one that started them."""
        (self.folder / "pace").write_text(str(seconds))
        stand_in, python = self.folder / "python", self.environments / "torch-2.13.0/bin/python"
        python.rename(stand_in)
        begin = f'import sys; del sys.argv[1:3]; sys.executable = "{stand_in}"'
        begin += "; from benchmarks.fleet.clean_start import main; main()"
        python.write_text(f"#!/bin/sh\nexec {sys.executable} -S -c '{begin}' \"$@\"\n")
        python.chmod(0o755)

    @property
    def at_once(self) -> str:
        """Processes that met another one on their machine."""
        log = self.folder / "at_once"
        return log.read_text() if log.exists() else ""

    def does(self, *modes: str) -> None:
        """What its next processes do; those after them store their shard."""
        (self.folder / "modes").write_text(" ".join(modes))

    @property
    def begun(self) -> list[dict]:
        log = self.folder / "begun"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
