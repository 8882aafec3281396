"""Statements with effects beyond their line: tensors that are kept, hooks, branches, loops, functions, checkpoints."""

from benchmarks.advise_judge import op_table
from benchmarks.advise_judge.body import Body
from benchmarks.advise_judge.statements import Statement
from benchmarks.advise_judge.switchable import Fixed, OpChoice, SourceLine, SourceSite

#: The operands of a site are arguments of a function, which the advisor's rules forbid to write.
ARGUMENT = (True, True)


def _definition(*lines: "str | SourceLine") -> tuple[SourceLine, ...]:
    return (
        *(line if isinstance(line, SourceLine) else SourceLine(line) for line in lines),
        SourceLine(""),
        SourceLine(""),
    )


def _function_site(number: int, choice: OpChoice, *operands: str) -> SourceSite:
    return SourceSite(number, choice, tuple(map(Fixed, operands)), ARGUMENT)


#: Lines of the definitions above the body, by name. Their sites are numbered from 1000 on.
HELPERS: dict[str, tuple[SourceLine, ...]] = {
    "Scaled": _definition(
        "class Scaled(torch.autograd.Function):",
        "    @staticmethod",
        "    def forward(ctx, x):",
        "        ctx.save_for_backward(x)",
        SourceLine("        return ", _function_site(1000, op_table.DOUBLE, "x")),
        "",
        "    @staticmethod",
        "    def backward(ctx, gradient):",
        "        (x,) = ctx.saved_tensors",
        "        if x.shape != gradient.shape:",
        "            raise ValueError(x.shape)",
        SourceLine("        return ", _function_site(1001, op_table.DOUBLE, "gradient")),
    ),
    "Doubled_": _definition(
        "class Doubled_(torch.autograd.Function):",
        "    @staticmethod",
        "    def forward(ctx, x):",
        "        ctx.mark_dirty(x)",
        "        return x.mul_(2.0)",
        "",
        "    @staticmethod",
        "    def backward(ctx, gradient):",
        SourceLine("        return ", _function_site(1002, op_table.DOUBLE, "gradient")),
    ),
    "Box": _definition(
        "class Box:",
        '    __slots__ = ("content",)',
        "",
        "    def __init__(self, content):",
        "        self.content = content",
    ),
    "gated": _definition(
        "def gated(a, b):",
        SourceLine("    return ", SourceSite(1003, op_table.PRODUCT, (Fixed("a"), Fixed("b")), ARGUMENT)),
    ),
    "softened": _definition(
        "def softened(a):",
        SourceLine("    low = ", SourceSite(1004, OpChoice("a * 0.5", ("a.mul_(0.5)",)), (), ARGUMENT)),
        SourceLine(
            "    return ", SourceSite(1005, OpChoice("{0}.tanh()", ("{0}.tanh_()",)), (Fixed("low"),), (False,))
        ),
    ),
}


def kept(body: Body) -> None:
    """Write a line that keeps a tensor after the step, in a list or a dict of the program."""
    value = body.pick()
    what = body.draw.choice(("{0}.detach()", "{0}.detach()[:4]", "{0}.detach().numpy()", "{0}"))
    if body.is_training and what == "{0}":
        what = "{0}.detach()"
    where = body.draw.choice(("self.kept.append({0})", "self.named['last'] = {0}"))
    body.write(where.format(what.format(value.name)))


def hooked(body: Body) -> None:
    """Write a hook on a tensor that keeps its gradient; or, in inference, one on a module that keeps its result."""
    value = body.pick()
    if body.is_training:
        fresh = body.assign(body.of(op_table.DOUBLE, value), value.columns)
        body.write(f"if {fresh.name}.requires_grad:")
        body.write(f"{fresh.name}.register_hook(lambda g: self.named.update(gradient=g))", more=1)
        return
    attribute = body.module(f"nn.Linear({value.columns}, {value.columns})", "linear")
    body.made.append(
        SourceLine(
            f"self.{attribute}.register_forward_hook(lambda m, i, o: self.named.update(hook=o.detach()))", indent=2
        )
    )
    made = body.assign(Fixed(f"self.{attribute}({value.name})"), value.columns)
    body.assign(body.simple(made), value.columns, made)


def branch(body: Body) -> None:
    """Write a branch that depends on the number of the step or on the data."""
    first, second = body.pair()
    condition = body.draw.choice(
        ("self.count % 2 == 0", f"bool({first.name}.mean() > 0)", f"float({second.name}.max()) > 2.0")
    )
    name = body.new_name(first)
    body.write(f"if {condition}:")
    body.write(f"{name} = ", body.of(body.draw.choice(op_table.BINARY), first, second), more=1)
    body.write("else:")
    if body.draw.random() < 0.3:
        body.write(f"{name} = {second.name}", more=1)  # another name: the sites after it depend on the branch
        excluded = True
    else:
        body.write(f"{name} = ", body.simple(second), more=1)
        excluded = False
    body.bind(name, first.columns, excluded)


def loop(body: Body) -> None:
    """Write a loop, whose line runs several times."""
    value = body.pick()
    made = body.assign(body.simple(value), value.columns)
    weights = body.module(
        f"nn.ParameterList(torch.randn({value.columns}, {value.columns}) * 0.3 for _ in range(3))", "weights"
    )
    body.write(f"for w in self.{weights}:")
    body.write(
        f"{made.name} = ",
        body.of(body.draw.choice(op_table.BOUNDED), body.of(op_table.SUM, made, Fixed(f"{made.name} @ w"))),
        more=1,
    )


def custom_function(body: Body) -> None:
    """Write a call of an autograd function: an ordinary one, or one that writes its input and marks it dirty."""
    value = body.pick()
    if body.draw.random() < 0.5:
        body.helpers.add("Scaled")
        body.assign(Fixed(f"Scaled.apply({value.name})"), value.columns, value)
        return
    body.helpers.add("Doubled_")
    made = body.assign(body.simple(value), value.columns)
    body.write(f"{made.name} = Doubled_.apply({made.name})")


def helper(body: Body) -> None:
    """Write a call of a plain function whose sites would write its arguments."""
    first, second = body.pair()
    if body.draw.random() < 0.5:
        body.helpers.add("gated")
        body.assign(Fixed(f"gated({first.name}, {second.name})"), first.columns, first)
    else:
        body.helpers.add("softened")
        body.assign(Fixed(f"softened({first.name})"), first.columns, first)


def statistics(body: Body) -> None:
    """Write a running mean, which the next step reads."""
    value = body.pick()
    attribute = body.module(f"torch.zeros({value.columns})", "running")
    body.write("with torch.no_grad():")
    old = body.site(OpChoice("{0} * 0.9", ("{0}.mul_(0.9)",)), Fixed(f"self.{attribute}"), excluded=ARGUMENT)
    new = body.of(OpChoice("{0} * 0.1", ("{0}.mul_(0.1)",)), Fixed(f"{value.name}.detach().mean(0)"))
    body.write(f"self.{attribute} = ", body.of(op_table.SUM, old, new), more=1)


def checkpointed(body: Body) -> None:
    """Write a part that backward computes again, in training."""
    value = body.pick()
    if not body.is_training or value.excluded:
        return
    body.helpers.add("softened")
    name = body.new_name()
    body.write(f"{name} = checkpoint(softened, {value.name}, use_reentrant=False)")
    body.bind(name, value.columns)


SURROUNDINGS: tuple[tuple[Statement, int], ...] = (
    (kept, 6),
    (hooked, 4),
    (branch, 5),
    (loop, 4),
    (custom_function, 4),
    (helper, 4),
    (statistics, 3),
    (checkpointed, 2),
)
