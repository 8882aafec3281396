"""The Markdown files that people read, and their links, headings, commands and examples."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.commands import ROOT

_ROOMS = ("benchmarks", "analysis", "results", "tests", ".github")
_TEMPLATES = ROOT / "analysis/report/templates"
#: All Markdown files except templates and those in folders that commands fill.
FILES = sorted(
    path
    for path in (ROOT / "README.md", *(path for room in _ROOMS for path in (ROOT / room).rglob("*.md")))
    if _TEMPLATES not in path.parents and not {"runs", "reports", "ci"} & set(path.relative_to(ROOT).parts)
)
READMES = [path for path in FILES if path.name == "README.md"]
GUIDES = [*READMES, ROOT / ".github/CONTRIBUTING.md"]
_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Link:
    """A relative link: the file that holds it, the file or folder that it names, and the heading in that."""

    file: Path
    target: str
    anchor: str


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(text: str) -> str:
    """Return the text without its code blocks."""
    return _FENCED.sub("", text)


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a language in a text."""
    return [code for named, code in _FENCED.findall(text) if named == language]


def links(path: Path) -> list[Link]:
    """Return the relative links in a file, without those in code."""
    named = re.findall(r"\]\(([^()\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(text_of(path))))
    relative = [target for target in named if not re.match(r"[a-z]+:", target)]
    return [Link(path, *target.partition("#")[::2]) for target in relative]


def anchors(path: Path) -> set[str]:
    """Return the names that GitHub gives to a file's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(text_of(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(path: Path) -> list[str]:
    """Return the command lines in a file's code blocks without a language. Comments after `#` are removed."""
    lines = [line.strip() for block in blocks(text_of(path), "") for line in block.splitlines()]
    known = [line for line in lines if re.match(r"(make|python|pytest|pytest-benchmark)\b", line)]
    return [re.sub(r"\s+#.*", "", line) for line in known]


def mentioned_targets(path: Path) -> list[str]:
    """Return what follows `make` where sentences name a target."""
    return re.findall(r"`make ([^`\n]+)`", prose(text_of(path)))
