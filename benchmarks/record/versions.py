"""The versions of the record and of the method; their history is in the package's docstring."""

RECORD_VERSION = 2
READABLE = (1, 2)
METHOD_VERSION = 1


class RecordError(ValueError):
    """A stored run that cannot be read; the message is one line that names the file."""


def check_version(version: object) -> None:
    """ValueError where a record of this version is not one that this code reads."""
    if type(version) is not int or version not in READABLE:
        known = " and ".join(map(str, READABLE))
        raise ValueError(f"record version {repr(version)[:60]}, this code reads {known}")
