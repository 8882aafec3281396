"""The versions of the record and of the method, whose history is in the package's docstring; and torch's in short."""

RECORD_VERSION = 5
READABLE = (1, 2, 3, 4, 5)
METHOD_VERSION = 4

#: By type of device: versions of the method that time it alike.
_ALIKE = {"cpu": {1, 2}, "cuda": {2, 3, 4}}


class RecordError(ValueError):
    """A stored run that cannot be read; the message is one line that names the file."""


def check_version(version: object) -> None:
    """ValueError where a record of this version is not one that this code reads."""
    if type(version) is not int or version not in READABLE:
        known = ", ".join(map(str, READABLE))
        raise ValueError(f"record version {repr(version)[:60]}, this code reads {known}")


def release(torch_version: str) -> str:
    """A torch's version without its build: '2.13.0+cpu' -> '2.13.0'."""
    return torch_version.partition("+")[0]


def times_alike(device: str, one: object, other: object) -> bool:
    """Whether two versions of the method time a device (as torch writes it) alike, so that times of both may meet in
    one ratio. A version that is no number is like none but itself."""
    return one == other or {one, other} <= _ALIKE.get(device.partition(":")[0], set())
