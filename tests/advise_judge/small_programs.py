"""Programs of a few lines whose truth is known, for what judges generated ones."""

from collections.abc import Sequence

from benchmarks.advise_judge.switchable import (
    Expression,
    Fixed,
    GeneratedProgram,
    OpChoice,
    SourceLine,
    SourceSite,
)

#: Bytes of the one tensor that every step makes: 64 x 32 float32.
TENSOR_BYTES = 64 * 32 * 4

SUM = OpChoice("{0} + {1}", ("{0}.add_({1})", "{1}.add_({0})"))
PLUS_ONE = OpChoice("{0} + 1.0", ("{0}.add_(1.0)",))
CLAMPED = OpChoice("{0}.clamp(-6.0, 6.0)", ("{0}.clamp_(-6.0, 6.0)",))
TANH = OpChoice("torch.tanh({0})", ("{0}.tanh_()",))

_HEAD = (
    "import torch",
    "kept = []",
    "def make(seed=0):",
    "    torch.manual_seed(seed)",
    "    scale = (1.0, 3.0, 0.3)[seed % 3]",
    "    w = torch.full((32,), 0.5, requires_grad=True)",
    "    def step():",
    "        kept.clear()",
    "        w.grad = None",
    "        x = torch.empty(64, 32).normal_(std=scale)",
)


def site(number: int, choice: OpChoice, *operands: "str | Expression") -> SourceSite:
    """A site of names or expressions, none excluded."""
    nodes = tuple(Fixed(each) if isinstance(each, str) else each for each in operands)
    return SourceSite(number, choice, nodes, (False, False))


def program(*lines: "str | tuple[str, Expression] | tuple[str, Expression, str]") -> GeneratedProgram:
    """A program whose step has these lines behind those that draw `x`; `w` requires grad."""
    body = [SourceLine(line, indent=2) if isinstance(line, str) else SourceLine(*line, indent=2) for line in lines]
    ends: Sequence[SourceLine] = [SourceLine("    return step")]
    return GeneratedProgram(0, (*map(SourceLine, _HEAD), *body, *ends), is_training=False)
