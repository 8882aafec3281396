"""Reasons: an error as one line that can be stored and shown, whatever a user's code raised."""

#: How many characters of an error are kept: each measurement of its case, and reports, repeat them.
LONGEST = 1_000


def text_of(error: BaseException | str) -> str:
    """The full text of an error, whose class may have a `__str__` that raises or returns anything; a text as it is."""
    try:
        return str(error)
    except BaseException as wrong:  # reported instead of the text, not swallowed
        return f"its text raises {type(wrong).__name__}"


def first_line(error: BaseException) -> str:
    """The first line of an error that is not empty; its type if all are."""
    return printable_line(next(iter(filled_lines(error)), type(error).__name__))


def typed_line(error: BaseException) -> str:
    """The error's type, then its first line that is not empty."""
    return printable_line(": ".join([type(error).__name__, *filled_lines(error)[:1]]))


def filled_lines(error: BaseException | str) -> list[str]:
    """The lines of an error's text, or of any text, that are not empty, without the blanks around them."""
    return list(filter(None, map(str.strip, text_of(error).splitlines())))


def without_hint(text: str) -> str:
    """An error's text without torch's advice at its end."""
    return text.partition(" Hint:")[0]


def printable_line(line: str) -> str:
    """A line fit for a terminal or a file: unprintable characters are escaped, and at most LONGEST characters kept."""
    kept = line if len(line) <= LONGEST else f"{line[:LONGEST]} ... (the first {LONGEST} of {len(line)} characters)"
    return escaped(kept)


def escaped(text: str) -> str:
    """A text as one line without cursor moves: unprintable characters are written as Python escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
