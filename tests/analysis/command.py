"""The analysis' commands as processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.commands import ROOT


def analysis(*arguments: object, where: Path, **options: object) -> subprocess.CompletedProcess:
    """`python -m analysis ...` in the folder `where`."""
    command = [sys.executable, "-m", "analysis", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, timeout=120, **options)
