"""Why a pair is wrong: every wrong cell has its reason here. Tests hold that no reason is missing or stale."""

from dataclasses import dataclass

from benchmarks.autograd.record.safety import COMPILED

LOGICAL = ("logical_and", "logical_or", "logical_xor", "logical_not", "logical_and_as_number")
ELU = ("celu", "elu", "selu", "F.celu_", "F.elu_", "F.selu_", "nn.CELU", "nn.ELU", "nn.SELU")
GRADIENTS = (
    *("leaf", "nonleaf", "itself", "view", "first", "agreement", "delicate", "forward_ad", "func_grad"),
    *COMPILED,
)


@dataclass(frozen=True)
class Explanation:
    """Why some pairs (all if none is named) are wrong in some columns."""

    columns: tuple[str, ...]
    pairs: tuple[str, ...]
    why: str


EXPLANATIONS = (
    Explanation(
        GRADIENTS,
        LOGICAL,
        "autograd does not see the write: the graph continues with the old gradient (a hazard)",
    ),
    Explanation(
        ("agreement",),
        ELU,
        "the in-place variant computes the gradient from its result, which float32 rounds to -1 far below 0 (a hazard)",
    ),
    Explanation(
        ("delicate",),
        ("hypot",),
        "both variants divide by the result: at (0, 0) that is 0 / 0, where any slope from -1 to 1 would do",
    ),
    Explanation(
        ("delicate",),
        ("xlogy",),
        "both variants give other the gradient x / other, 0 / 0 where both are 0; the result is 0 whatever other is",
    ),
    Explanation(
        ("delicate",),
        ("clamp_tensor",),
        "where both bounds equal x the result is constant in it, but both variants pass its gradient through",
    ),
    Explanation(
        ("delicate",),
        ("nextafter",),
        "where other equals x, both variants give other the gradient, although the result follows x on both sides",
    ),
    Explanation(
        ("delicate",),
        ("index_copy", "index_put", "put", "scatter", "setitem_index"),
        "of several values written to one place the last stays, but each gets the place's gradient, in both variants",
    ),
    Explanation(
        ("aot_eager_itself", "inductor_itself"),
        ("foreach_div", "foreach_mul", "foreach_pow"),
        "compiled, foreach ops save for backward what they are about to write, and nothing notices (a hazard)",
    ),
    Explanation(
        ("inductor_itself",),
        ("foreach_add", "foreach_addcdiv", "foreach_addcmul", "foreach_lerp"),
        "inductor reads elements of the operand that it has already written, where both are one tensor (a hazard)",
    ),
    Explanation(
        ("aot_eager_overlapping", "inductor_overlapping"),
        (),
        "where elements share memory, compiled code keeps the value and the gradient of one for all (a hazard)",
    ),
    Explanation(
        ("overlapping",),
        (),
        "elements are read after a neighbour's write to the same memory: the result is that of neither variant",
    ),
    Explanation(
        ("expanded",),
        ("fill_diagonal", "setitem_row"),
        "the part that is written does not overlap, so torch does not refuse; all rows share it and change with it",
    ),
)


def explanation(pair: str, column: str) -> str | None:
    """Why a pair is wrong in a column; None if unknown."""
    for each in EXPLANATIONS:
        if column in each.columns and (not each.pairs or pair in each.pairs):
            return each.why
    return None
