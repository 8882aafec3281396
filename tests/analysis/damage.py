"""Damages to a stored run, for hypothesis: the run's own lines and facts, with unexpected values."""

import json
import random
from collections.abc import Callable

from hypothesis import strategies as st

Lines = list[dict | str]  #: lines of a journal: parsed, or raw

HOSTILE_TEXTS = (
    *("", " ", "\n", "\x00", "\ud800", "\u202egnp", "x" * 3_000, "\x1b[2J", "é" * 50, "-1", "=1+1"),
    *("<script>alert(1)</script>", "a|b`c`*d*", "../../../etc/passwd", "{{ 7 * 7 }}", "%s%n", "CON", "🙂"),
)
ABSURD_NUMBERS = (
    *(0, -1, 1, -0.0, 5e-324, 1e-300, 1e-9, 1e17, 1e18, 1e19, 1e308, -1e308, 2**60 - 1, 2**60, 2**63, -(2**63)),
    *(10**400, float("nan"), float("inf"), float("-inf"), 0.1),
)
anything = st.one_of(
    st.sampled_from(ABSURD_NUMBERS),
    st.sampled_from(HOSTILE_TEXTS),
    st.sampled_from((None, True, False, [], {}, [[]], [None], {"": {}}, ["a"], [[1]], [1, "a"])),
    st.lists(st.sampled_from(ABSURD_NUMBERS), max_size=6),
    st.lists(st.floats(1e-9, 1e-3), min_size=1, max_size=7),
)
#: Values that a field could have in another run: these are read, and must be reported correctly.
PLAUSIBLE = {
    "times_s": st.lists(st.sampled_from((1e-4, 2e-4, 5e-5, 0.0, -1e-9, 1e-12, 1e5)), max_size=6),
    "numel": st.sampled_from((0, 1, 3, 65536, 2**59)),
    "shape": st.sampled_from(([], [0], [65536], [256, 256], [1] * 20)),
    "dtype": st.sampled_from(("float32", "bfloat16", "bool", "no such dtype", "torch.float32")),
    "layout": st.sampled_from(("contiguous", "strided", "parameters")),
    "device": st.sampled_from(("cpu", "cuda:0", "cuda:9", "cuda:x", "meta")),
    "allocator": st.sampled_from(("retained", "fresh", "inherited", "caching")),
    "phase": st.sampled_from(("inference", "forward", "backward", "step")),
    "state": st.sampled_from(("ok", "crashed", "disagreed", "hung", "out_of_memory", "unsupported")),
    "kind": st.sampled_from(("time", "memory")),
    "variant": st.sampled_from(("outofplace", "inplace")),
    "pass_number": st.integers(0, 9),
    "threads": st.sampled_from((0, 1, 2, 128)),
    "scale": st.sampled_from((0, 1, 64)),
    "page_faults": st.sampled_from((0.0, 1.0, 1025.0, 1e12)),
    "other_load_ratio": st.sampled_from((0.0, 0.5, 1.0, 7.0)),
    "floor_s": st.sampled_from((0.0, 1e-6, 1.0)),
    "moved_bytes": st.sampled_from((0, 1, 524288, 2**59)),
    "ceiling_bytes_per_s": st.sampled_from((0.0, 1e-300, 1e10)),
    "peak_bytes": st.sampled_from((0, 1, 524288, 2**59)),
    "held_bytes": st.sampled_from((0, 1, 524288)),
    "step_peak_bytes": st.sampled_from((0, 1, 524288)),
    "pair": st.sampled_from(("same", "fast", "x", "same\n", "same ")),
    "reason": st.sampled_from(HOSTILE_TEXTS),
}
FIELDS = (
    *PLAUSIBLE,
    *("family", "operand", "other_requires_grad", "record", "extra", "verified", "wall_s", "nonsense"),
)


def _changed(lines: Lines, places: set[int], change: Callable[[dict], dict]) -> Lines:
    return [change(dict(line)) if at in places and isinstance(line, dict) else line for at, line in enumerate(lines)]


def _without(name: str) -> Callable[[dict], dict]:
    return lambda line: {key: value for key, value in line.items() if key != name}


def _places(lines: Lines) -> st.SearchStrategy[set[int]]:
    """One line, some, a case's worth, or all."""
    every = range(len(lines))
    return st.one_of(
        st.sampled_from(every).map(lambda at: {at}),
        st.sets(st.sampled_from(every), max_size=6),
        st.just({at for at in every if isinstance(lines[at], dict) and lines[at].get("variant") == "inplace"}),
        st.just({at for at in every if isinstance(lines[at], dict) and lines[at].get("pair") == "fast"}),
        st.just(set(every)),
    )


@st.composite
def damaged_lines(draw: st.DrawFn, lines: Lines) -> Lines:
    """The lines of a journal after one to four damages to fields or to their order."""
    for _ in range(draw(st.integers(1, 3))):
        if not lines:
            break
        places = draw(_places(lines))
        name = draw(st.sampled_from(FIELDS))
        kind = draw(st.sampled_from((*["likely"] * 8, "absurd", "drop", "order", "copy", "lose", "raw")))
        if kind == "likely" and name in PLAUSIBLE:
            value = draw(PLAUSIBLE[name])
            lines = _changed(lines, places, lambda line, name=name, value=value: {**line, name: value})
        elif kind in ("likely", "absurd"):
            value = draw(anything)
            lines = _changed(lines, places, lambda line, name=name, value=value: {**line, name: value})
        elif kind == "drop":
            lines = _changed(lines, places, _without(name))
        elif kind == "order":
            lines = list(lines)
            random.Random(draw(st.integers(0, 99))).shuffle(lines)
        elif kind == "copy":
            lines = [line for at, line in enumerate(lines) for _ in range(2 if at in places else 1)]
        elif kind == "lose":
            lines = [line for at, line in enumerate(lines) if at not in places]
        else:
            raw = draw(
                st.sampled_from(("", "{", "null", "[]", '"text"', "[" * 5_000, '{"a":' * 3_000, "\ufeff{}", "NaN"))
            )
            lines = [raw if at in places else line for at, line in enumerate(lines)]
    return lines


@st.composite
def damaged_facts(draw: st.DrawFn, facts: dict) -> object:
    """run.json after up to three damages at any depth."""
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        facts = _replaced(facts, draw(st.lists(st.integers(0, 30), max_size=4)), draw(anything), draw(st.booleans()))
    return facts


def _replaced(value: object, way: list[int], by: object, drop: bool) -> object:
    """`value` with `by` in the place that `way` leads to, one step per level; or without that place."""
    if not way or not value or not isinstance(value, dict | list):
        return by
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[way[0] % len(keys)]
    items = dict(value) if isinstance(value, dict) else dict(enumerate(value))
    if drop and len(way) == 1:
        del items[key]
    else:
        items[key] = _replaced(items[key], way[1:], by, drop)
    return items if isinstance(value, dict) else list(items.values())


@st.composite
def damaged_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """A file that is cut short, or in which some bytes are changed."""
    if not data:
        return data
    kind = draw(st.sampled_from((*["whole"] * 8, "torn", "flipped", "cut")))
    at = draw(st.integers(0, len(data) - 1))
    if kind == "torn":
        return data[:at]
    if kind == "cut":
        return data[:at] + data[at + draw(st.integers(1, 200)) :]
    if kind == "flipped":
        changed = bytearray(data)
        for place in draw(st.lists(st.integers(0, len(data) - 1), min_size=1, max_size=4)):
            changed[place] ^= 1 << draw(st.integers(0, 7))
        return bytes(changed)
    return data


def as_bytes(lines: Lines) -> bytes:
    """The lines as a file; numbers that JSON lacks are written as Python writes them."""
    texts = (json.dumps(line) if isinstance(line, dict) else line for line in lines)
    return "\n".join(texts).encode("utf-8", "surrogatepass") + b"\n"
