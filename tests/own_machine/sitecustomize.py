"""Loaded by each Python that a test starts (this folder is on its PYTHONPATH): its locks lie in the test's own folder.

A run holds the machine. Tests beside each other, and a real run beside them, are not to wait for each other.
"""

import tempfile
from pathlib import Path

from benchmarks.running import place

place.LOCKS = Path(tempfile.gettempdir())
