"""Reasons: what an error says, as one line that can be stored and shown, whatever a user's code raised."""

#: Characters of an error's text that are kept: a reason stands in each measurement of its case and in reports.
LONGEST = 1_000


def text_of(error: BaseException) -> str:
    """All that an error says. The class may be a user's: its `__str__` may raise anything, or return what it likes."""
    try:
        return str(error)
    except BaseException as wrong:  # reported in its place, not swallowed
        return f"its text raises {type(wrong).__name__}"


def first_line(error: BaseException) -> str:
    """The first line of an error that says something; the error's type where none does."""
    return shown(_first_line(error) or type(error).__name__)


def typed_line(error: BaseException) -> str:
    """The error's type, and behind it the first line that says something."""
    said = _first_line(error)
    return shown(f"{type(error).__name__}: {said}" if said else type(error).__name__)


def _first_line(error: BaseException) -> str:
    lines = (line.strip() for line in text_of(error).splitlines())
    return next(filter(None, lines), "")


def shown(line: str) -> str:
    """A line as a terminal and a file can take it: what is not printable is escaped, LONGEST characters are kept."""
    kept = line if len(line) <= LONGEST else f"{line[:LONGEST]} ... (the first {LONGEST} of {len(line)} characters)"
    return escaped(kept)


def escaped(text: str) -> str:
    """A text as one line that moves no cursor: what is not printable is written as Python would."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
