"""The patch applies to the bytes that the file has: other line ends, form feeds, no line end at the end."""

import os
import subprocess

import pytest

from benchmarks.advise.answers.patch_text import patch_of

SOURCE = "import torch\n\x0c\ndef f(x, y):\n    z = x + y\n    return z.sum()\n"
CHANGED = SOURCE.replace("x + y", "x.add_(y)")


@pytest.mark.parametrize(
    "ends",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("y):\n", "y):\r\n").replace("+ y\n", "+ y\r\n").replace("(y)\n", "(y)\r\n"),
        lambda text: text.removesuffix("\n"),
        lambda text: text.replace("\n", "\r\n").removesuffix("\r\n"),
    ],
    ids=["unix", "dos", "mixed", "unended", "dos unended"],
)
def test_the_patched_file_is_the_changed_one_and_keeps_its_line_ends(tmp_path, monkeypatch, ends):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "step.py"
    file.write_bytes(ends(SOURCE).encode())
    new = CHANGED if ends(SOURCE).endswith("\n") else CHANGED.removesuffix("\n")
    patch = patch_of({str(file): new})
    assert patch_of({str(file): new.replace("\n", "\r\n")}) == patch  # however the new text was read
    (tmp_path / "advise.patch").write_bytes(patch.encode())
    subprocess.run(["git", "apply", "advise.patch"], check=True, env={**os.environ, "GIT_DIR": "none"})
    assert file.read_bytes() == ends(CHANGED).encode()
