"""Loaded by each Python that a test starts (this folder is on its PYTHONPATH): puts its locks in the test's own folder.

A run holds the machine. Tests that run at the same time, or beside a real run, must not wait for each other. In a fleet
of a test (STAMP=1) a command of the suite also stamps, in the folder of its machine, while it is at work.
"""

import os
import sys
import tempfile
from pathlib import Path

from slot_stamps import stamp

from benchmarks.running import place

place.LOCKS = Path(tempfile.gettempdir())
if os.environ.get("STAMP") and sys.orig_argv[1:4] == ["-m", "benchmarks", "run"]:
    stamp(Path.cwd())
