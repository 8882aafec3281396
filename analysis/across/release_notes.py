"""What upstream says about changes that the stored runs show: version, ops or programs, a sentence, the source.

A test finds each of these changes in the kept results: a note that nothing shows is not kept.
"""

from dataclasses import dataclass

from benchmarks.autograd.record.files import version_key

_PULL = "https://github.com/pytorch/pytorch/pull/"
_ISSUE = "https://github.com/pytorch/pytorch/issues/"


@dataclass(frozen=True)
class ReleaseNote:
    """A change of torch. `since`: the first version that has it, as far as known; `subjects`: the pairs, hazards or
    claims that it changes."""

    since: str
    subjects: tuple[str, ...]
    sentence: str
    source: str


RELEASE_NOTES = (
    ReleaseNote(
        "2.13.0",
        ("nextafter",),
        "nextafter has a derivative: the gradient passes to the input where it differs from the other operand",
        f"{_PULL}148820",
    ),
    ReleaseNote(
        "2.13.0",
        ("atan2",),
        "the gradient of atan2 at (0, 0) is 0 and no longer NaN, for which backward makes one more tensor",
        f"{_PULL}166787",
    ),
    ReleaseNote(
        "2.14.0",
        ("clamp_min_tensor", "clamp_max_tensor", "clamp_tensor", "foreach_clamp_min", "foreach_clamp_max"),
        "at a tie with a tensor bound the gradient is split between both, for which backward makes one more tensor",
        f"{_PULL}191142",
    ),
    ReleaseNote(
        "2.15.0",
        ("compiled-dropped-write",),
        "reported upstream: a compiled write through what F.dropout returns when it drops nothing was lost",
        f"{_ISSUE}195422",
    ),
    ReleaseNote(
        "2.15.0",
        ("compiled-foreach-itself",),
        "reported upstream: a compiled foreach op read what it had already written where an operand is made of itself",
        f"{_ISSUE}198033",
    ),
)


def release_note(subject: str, before: str, after: str) -> ReleaseNote | None:
    """The note on `subject` of a version above `before` and up to `after`; None where none is known."""
    for note in RELEASE_NOTES:
        if subject in note.subjects and version_key(before) < version_key(note.since) <= version_key(after):
            return note
    return None
