"""A case as one word: for people, for pytest's -k, and for the command that measures it again."""

from benchmarks.record.measurement import Case


def case_id(case: Case) -> str:
    """A readable id: the pair, then one value per axis. For people and -k; never parsed back."""
    shape = numel_text(case.numel) if len(case.shape) == 1 else "x".join(map(str, case.shape))
    parts = [case.pair, shape, case.dtype, case.device]
    if case.layout not in ("contiguous", "parameters"):
        parts.append(case.layout)
    if case.operand not in ("none", "same"):
        parts.append(case.operand)
    if case.other_requires_grad:
        parts.append("othergrad")
    if case.scale:
        parts.append(f"x{case.scale}")
    return "-".join(filter(None, (*parts, allocator_and_threads(case))))


def allocator_and_threads(case: Case) -> str:
    """'retained-2t', the end of a CPU case's id; empty on a GPU."""
    parts = [case.allocator] if case.allocator in ("fresh", "retained") else []
    return "-".join([*parts, *([f"{case.threads}t"] if case.device == "cpu" else [])])


def numel_text(numel: int) -> str:
    """Elements in binary thousands where exact (1Ki, 64Ki, 4Mi), otherwise the plain number."""
    for unit, size in (("Mi", 2**20), ("Ki", 2**10)):
        if numel and numel % size == 0:
            return f"{numel // size}{unit}"
    return str(numel)
