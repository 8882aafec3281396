"""Reasons: an error as one line that can be stored and shown, whatever a user's code raised."""

#: How many characters of an error are kept: each measurement of its case, and reports, repeat them.
LONGEST = 1_000


def text_of(error: BaseException) -> str:
    """The full text of an error. A user's class may have a `__str__` that raises or returns anything."""
    try:
        return str(error)
    except BaseException as wrong:  # reported instead of the text, not swallowed
        return f"its text raises {type(wrong).__name__}"


def first_line(error: BaseException) -> str:
    """The first line of an error that is not empty; its type if all are."""
    return printable_line(_first_line(error) or type(error).__name__)


def typed_line(error: BaseException) -> str:
    """The error's type, then its first line that is not empty."""
    said = _first_line(error)
    return printable_line(f"{type(error).__name__}: {said}" if said else type(error).__name__)


def _first_line(error: BaseException) -> str:
    lines = (line.strip() for line in text_of(error).splitlines())
    return next(filter(None, lines), "")


def printable_line(line: str) -> str:
    """A line fit for a terminal or a file: unprintable characters are escaped, and at most LONGEST characters kept."""
    kept = line if len(line) <= LONGEST else f"{line[:LONGEST]} ... (the first {LONGEST} of {len(line)} characters)"
    return escaped(kept)


def escaped(text: str) -> str:
    """A text as one line without cursor moves: unprintable characters are written as Python escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
