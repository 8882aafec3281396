"""A whole step file from a seed: a body of some statements, in a module's forward or in the step, and the code around.

`make(seed=0)` of each file returns its step. Its seed chooses weights and inputs, and how large the inputs are.
"""

import random
from dataclasses import dataclass

from benchmarks.advise_judge import op_table
from benchmarks.advise_judge.body import ROWS, WIDE, Body
from benchmarks.advise_judge.needed import needed_lines
from benchmarks.advise_judge.oddities import ODDITIES
from benchmarks.advise_judge.statements import SEQUENTIAL, STATEMENTS, linear
from benchmarks.advise_judge.surroundings import HELPERS, SURROUNDINGS
from benchmarks.advise_judge.switchable import Fixed, GeneratedProgram, OpChoice, SourceLine

#: How a training step runs backward: once, twice over the same graph, or with a gradient penalty.
PLAIN, TWICE, PENALTY = "plain", "twice", "penalty"

#: torch.manual_seed would also format the stack each time, for a GPU that is seeded later: a tenth of all time here.
_SEEDED = "    torch.default_generator.manual_seed(seed)"
_HEAD = (
    "import torch",
    "import torch.nn.functional as F",
    "from torch import nn",
    "from torch.utils.checkpoint import checkpoint",
    "",
    "",
)


@dataclass(frozen=True)
class _Frame:
    """The code around the body."""

    is_training: bool
    is_inline: bool  #: whether the body is in the step itself, whose names live until it ends
    backward: str  #: PLAIN, TWICE or PENALTY
    optimizer: str  #: a class of torch.optim; "" for none
    keeps_batch: bool  #: whether every step reads the same tensor
    is_sequential: bool  #: whether each layer follows the last one, so that little can be saved
    is_scaled: bool  #: whether a step's input is multiplied by its scale, which is a site
    is_written_loss: bool  #: whether the loss is written as ops, not called by its name


def draw_program(seed: int, attempt: int = 0, statements: tuple[int, int] = (8, 28)) -> GeneratedProgram:
    """Return the program of a seed and an attempt. There are several attempts, as not every program can run.

    `statements`: the fewest and the most statements that are drawn, idle ones included.
    """
    draw = random.Random(f"{seed}.{attempt}")
    frame = _Frame(
        is_training=draw.random() < 0.55,
        is_inline=draw.random() < 0.5,
        backward=draw.choice((PLAIN, PLAIN, PLAIN, TWICE, PENALTY)),
        optimizer=draw.choice(("SGD", "SGD", "Adam", "")),
        keeps_batch=draw.random() < 0.4,
        is_sequential=draw.random() < 0.2,
        is_scaled=draw.random() < 0.4,
        is_written_loss=draw.random() < 0.5,
    )
    body = _body(draw, frame, statements)
    lines = _inline(body, frame) if frame.is_inline else _forward(body, frame)
    return GeneratedProgram(seed, (*map(SourceLine, _HEAD), *_helpers(body), *lines), frame.is_training)


def _body(draw: random.Random, frame: _Frame, count: tuple[int, int]) -> Body:
    body = Body(draw, frame.is_training, indent=2)
    body.bind("x", WIDE, excluded=not frame.is_inline or frame.keeps_batch)
    statements, weights = zip(
        *(SEQUENTIAL if frame.is_sequential else (*STATEMENTS, *SURROUNDINGS, *ODDITIES)), strict=True
    )
    if frame.is_training or draw.random() < 0.5:
        linear(body)
    for statement in draw.choices(statements, weights, k=draw.randint(*count)):
        statement(body)
    first, second = body.values[-1], body.pick(body.values[-1].columns)
    together = draw.random() < 0.6 and first.columns == second.columns
    body.write("out = ", body.of(op_table.SUM, first, second) if together else Fixed(first.name))
    body.bind("out", first.columns)
    body.lines = needed_lines(body.lines, body.indent, "out")
    return body


def _helpers(body: Body) -> tuple[SourceLine, ...]:
    return tuple(line for name in sorted(body.helpers) for line in HELPERS[name])


def _class_lines(body: Body, name: str, arguments: str = "") -> list[SourceLine]:
    texts = (
        f"class {name}(nn.Module):",
        f"    def __init__(self{arguments}):",
        "        super().__init__()",
        "        self.kept, self.named, self.count = [], {}, 0",
    )
    return [*map(SourceLine, texts), *body.made]


def _forward(body: Body, frame: _Frame) -> list[SourceLine]:
    """Return the lines of a file whose body is a module's forward; its step is a function in `make`."""
    lines = [
        *_class_lines(body, "Net"),
        *map(SourceLine, ("", "    def forward(self, x):", "        self.kept.clear()", "        self.count += 1")),
        *body.lines,
        *map(
            SourceLine,
            ("        return out", "", "", "def make(seed=0):", _SEEDED, "    net = Net()"),
        ),
        *(SourceLine(text, indent=1) for text in _set_up(body, frame, "net.parameters()", "")),
        *map(SourceLine, ("", *([] if frame.is_training else ["    @torch.no_grad()"]), "    def step():")),
    ]
    around = Body(body.draw, frame.is_training, indent=2, numbers=body.numbers)
    _draw_input(around, frame, "")
    around.write("out = net(x)")
    _end_of_step(around, frame, "", "net.parameters()")
    return [*lines, *around.lines, *map(SourceLine, ("", "    return step"))]


def _inline(body: Body, frame: _Frame) -> list[SourceLine]:
    """Return the lines of a file whose body is in the step itself, a method of an object that holds everything."""
    set_up = [SourceLine(text, indent=2) for text in _set_up(body, frame, "self.parameters()", "self.")]
    around = Body(body.draw, frame.is_training, indent=2, numbers=body.numbers)
    around.write("self.kept.clear()")
    around.write("self.count += 1")
    _draw_input(around, frame, "self.")
    around.lines += body.lines
    _end_of_step(around, frame, "self.", "self.parameters()")
    return [
        *_class_lines(body, "Loop", ", seed"),
        *set_up,
        *map(SourceLine, ("", *([] if frame.is_training else ["    @torch.no_grad()"]), "    def step(self):")),
        *around.lines,
        *map(SourceLine, ("", "", "def make(seed=0):", _SEEDED, "    return Loop(seed).step")),
    ]


def _set_up(body: Body, frame: _Frame, parameters: str, owner: str) -> list[str]:
    """Return lines that make what lives longer than a step: scale, batch, target and optimizer."""
    columns = body.values[-1].columns
    lines = [f"{owner}scale = (1.0, 3.0, 0.3)[seed % 3]"]
    if frame.keeps_batch:
        lines.append(f"{owner}batch = torch.randn({ROWS}, {WIDE}) * {owner}scale")
    if frame.is_training:
        lines.append(f"{owner}target = torch.rand({ROWS}, {columns})")
        if frame.optimizer:
            lines.append(f"{owner}optimizer = torch.optim.{frame.optimizer}({parameters}, lr=0.02)")
    return lines


def _draw_input(around: Body, frame: _Frame, owner: str) -> None:
    if frame.keeps_batch:
        around.write(f"x = {owner}batch")
    elif frame.is_scaled:
        scaled = OpChoice(f"{{0}} * {owner}scale", (f"{{0}}.mul_({owner}scale)",))
        around.write("x = ", around.site(scaled, Fixed(f"torch.randn({ROWS}, {WIDE})")))
    else:
        around.write(f"x = torch.empty({ROWS}, {WIDE}).normal_(std={owner}scale)")
    if frame.is_training and frame.backward == PENALTY:
        around.write("x = x.detach().requires_grad_()")


def _end_of_step(around: Body, frame: _Frame, owner: str, parameters: str) -> None:
    """Write the end of a step: loss, backward, update and the result."""
    if not frame.is_training:
        around.write("return out")
        return
    if frame.is_written_loss:
        error = around.of(op_table.DIFFERENCE, Fixed("out"), Fixed(f"{owner}target"))
        around.write("loss = ", around.of(op_table.SQUARE, error), ".mean()")
    else:
        around.write(f"loss = F.mse_loss(out, {owner}target)")
    if frame.optimizer:
        around.write(f"{owner}optimizer.zero_grad()")
    else:
        around.write(f"for p in {parameters}:")
        around.write("p.grad = None", more=1)
    if frame.backward == PENALTY:
        around.write("(slope,) = torch.autograd.grad(out.sum(), x, create_graph=True)")
        around.write("penalty = ", around.of(op_table.SQUARE, Fixed("slope")), ".mean()")
        around.write("loss = ", around.of(op_table.SUM, Fixed("loss"), Fixed("penalty")))
    if frame.backward == TWICE:
        around.write("loss.backward(retain_graph=True)")
    around.write("loss.backward()")
    if frame.optimizer:
        around.write(f"{owner}optimizer.step()")
    around.write("return loss.detach(), out.detach()")
