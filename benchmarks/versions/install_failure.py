"""What pip or uv printed where it could not make an environment, as one line that says why."""

import re

from benchmarks.record.reason import filled_lines

_MOST = 300  #: characters of a reason
#: What pip and uv print when nothing answers, with what happened to the connection.
_BROKEN = re.compile(r"after connection broken by '(\w+)|(Request failed) after \d+ retries|(Read timed out)")
#: What pip prints where the index listed versions: then it did answer.
_LISTED = re.compile(r"\(from versions: (?!none)")
_CONFLICT = "The conflict is caused by:"


def why_not_installed(errors: str, output: str, status: int) -> str:
    """Return the reason, from what was printed on standard error and standard output, and the exit status."""
    lines, printed = filled_lines(errors), filled_lines(output)
    if any("ResolutionImpossible" in line for line in lines + printed):
        return _cut(_conflict(lines, printed))
    broken = _BROKEN.search(errors) or _BROKEN.search(output)
    if broken and not _LISTED.search(errors):
        return f"the package index does not answer ({next(filter(None, broken.groups()))})"
    if unsolved := _from(lines, "No solution found"):  # uv's reason follows in lines that are one sentence
        return _cut(" ".join(re.sub(r"^\W+", "", line) for line in unsolved))
    said = lines or printed or [f"exit status {status}"]
    found = [line for line in said if "error" in line.lower()] or said
    if any("(from versions: none)" in line for line in said):
        return _cut(f"{found[-1]}: the package index lists no build for this Python and machine, or refuses to")
    return _cut(found[-1])


def _conflict(errors: list[str], output: list[str]) -> str:
    """Return what cannot be together, and who asks for it, which pip prints on standard output."""
    both = next((line for line in errors if "Cannot install" in line), "the requirements conflict")
    causes = _from(output, _CONFLICT)[1:] or _from(errors, _CONFLICT)[1:]
    asked = [line for line in causes if re.search(r" requested | depends on ", line)]
    return f"{both.rstrip('.')}{': ' if asked else ''}{'; '.join(asked)}"


def _from(lines: list[str], start: str) -> list[str]:
    """Return the lines from the first one that has `start`; none if no line has it."""
    return next((lines[number:] for number, line in enumerate(lines) if start in line), [])


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[: _MOST - 3]}..."
