"""Loaded by each Python that a test starts (this folder is on its PYTHONPATH): puts its locks in the test's own folder.

A run holds the machine. Tests that run at the same time, or beside a real run, must not wait for each other.
"""

import tempfile
from pathlib import Path

from benchmarks.running import place

place.LOCKS = Path(tempfile.gettempdir())
