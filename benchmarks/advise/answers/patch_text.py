"""Write the patch: the changed files as a unified diff that `git apply` accepts."""

import difflib
import io
import os
from pathlib import Path

from benchmarks.advise.user.whose_file import users_folder


def patch_of(texts: dict[str, str]) -> str:
    """Return a unified diff, with paths relative to the user's folder; files elsewhere have their whole path.

    `texts`: by file, its new text, with any line ends. Each line keeps the line end that it has in the file.
    """
    parts: list[str] = []
    for file, new in texts.items():
        old = _lines(Path(file).read_bytes().decode())
        relative = os.path.relpath(file, users_folder())
        name = file.lstrip(os.sep) if relative.startswith("..") else relative
        lines = difflib.unified_diff(
            old, _with_ends_of(old, _lines(new.replace("\r\n", "\n"))), f"a/{name}", f"b/{name}"
        )
        parts += [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
    return "".join(parts)


def _lines(text: str) -> list[str]:
    """Split a text into lines as git does: only a line feed ends a line."""
    return list(io.StringIO(text, newline="\n"))


def _with_ends_of(old: list[str], new: list[str]) -> list[str]:
    """Return the new lines, each with the line end that the file has at that place."""
    as_read = [line.replace("\r\n", "\n") for line in old]
    made: list[str] = []
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(
        None, as_read, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            made += old[start:end]
            continue
        around = old[min(start, len(old) - 1)] if old else ""
        changed = new[new_start:new_end]
        made += [line[:-1] + "\r\n" if around.endswith("\r\n") and line.endswith("\n") else line for line in changed]
    return made
