"""Find where the bytes are at the peak of each step: by purpose, by module, and by op with its line."""

import functools
from collections.abc import Callable
from typing import Any

from benchmarks.advise.user.forked import TrialFailed, in_fork
from benchmarks.advise.user.question import Question
from benchmarks.advise.user.user_code import Step, step_makers
from benchmarks.advise.user.whose_file import path_as_shown
from benchmarks.attribution.where import where_step_bytes_are

_LONGEST_LINE = 160  #: characters of a source line that are kept


def peak_places(question: Question, tell: Callable[[], object] = lambda: None) -> list[dict[str, Any]]:
    """Return per step its `PeakBytes` as JSON, with the text of each row's source line; or `why` it is not known.

    Each step is executed in a fork, in which `make` builds it three times, so that the bytes of the model count too.
    This process must have only one thread. `tell` is called before each step. On a GPU only the sum of all blocks is
    known, so that the answer is why not.
    """
    if question.device != "cpu":
        return [{"why": f"blocks of {question.device} have no names"} for _ in question.names]
    found: list[dict[str, Any]] = []
    for number in range(len(question.names)):
        tell()
        try:
            found.append(in_fork(functools.partial(_places, question, number), question.limit_s))
        except TrialFailed as error:
            found.append({"why": str(error)})
    return found


def _places(question: Question, number: int) -> dict[str, Any]:
    make: Callable[[], Step] = step_makers(question)[number]
    found = where_step_bytes_are(make, question.repeats)
    stored = {**found.to_json(), "regions": list(found.regions)}
    texts = dict(question.patched)
    return _with_text(stored, texts) | {"rows": [_with_text(row, texts) for row in stored["rows"]]}


def _with_text(place: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    """Return a place with its path as it is shown, and the text of its line.

    `texts`: by file that a patch changes, the path of its new text.
    """
    file, line = place["file"], place["line"]
    if file is None or line is None:
        return {**place, "text": ""}
    lines = _lines_of(texts.get(file, file))
    text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return {**place, "file": path_as_shown(file), "text": text[:_LONGEST_LINE]}


@functools.cache
def _lines_of(file: str) -> list[str]:
    try:
        with open(file, encoding="utf-8", errors="replace") as source:  # noqa: PTH123  # any path, also `<string>`
            return source.read().splitlines()
    except OSError:
        return []
