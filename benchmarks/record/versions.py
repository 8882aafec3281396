"""The versions of record, method, speedup and statistics (the package has their history); torch's version in short."""

RECORD_VERSION = 6
READABLE = (1, 2, 3, 4, 5, 6)
METHOD_VERSION = 4
SPEEDUP_VERSION = 2
STATISTICS_VERSION = 2

#: By type of device: method versions that time it in the same way.
_ALIKE = {"cpu": {1, 2}, "cuda": {2, 3, 4}}


class RecordError(ValueError):
    """A stored run cannot be read; the message is one line that names the file."""


def check_version(version: object) -> None:
    """Raise ValueError if this code does not read records of this version."""
    if type(version) is not int or version not in READABLE:
        known = ", ".join(map(str, READABLE))
        raise ValueError(f"record version {repr(version)[:60]}, this code reads {known}")


def release(torch_version: str) -> str:
    """A torch's version without its build: '2.13.0+cpu' -> '2.13.0'."""
    return torch_version.partition("+")[0]


def times_alike(device: str, one: object, other: object) -> bool:
    """Whether two versions of the method time a device (as torch writes it) alike, so that one ratio may use both.

    A version that is no number equals only itself.
    """
    return one == other or {one, other} <= _ALIKE.get(device.partition(":")[0], set())
