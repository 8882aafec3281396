"""The kinds of statements that a program is made of. Each writes its lines to a body; STATEMENTS has their weights."""

from collections.abc import Callable

from benchmarks.advise_judge import op_table
from benchmarks.advise_judge.body import ROWS, WIDE, Body, Named
from benchmarks.advise_judge.switchable import Fixed


def unary(body: Body) -> None:
    """Write `h = op(v)`."""
    value = body.pick()
    body.assign(body.simple(value), value.columns, value)


def chained(body: Body) -> None:
    """Write `h = op(op(v))`: a temporary."""
    value = body.pick()
    body.assign(body.simple(body.simple(value)), value.columns, value)


def binary(body: Body) -> None:
    """Write `h = v + u`."""
    first, second = body.pair()
    body.assign(body.of(body.draw.choice(op_table.BINARY), first, second), first.columns, first)


def of_names(body: Body) -> None:
    """Write an op with a mask, or with three operands."""
    first, second = body.pair()
    body.assign(body.of(body.draw.choice(op_table.OF_NAMES), first, second), first.columns, first)


def nested(body: Body) -> None:
    """Write `h = v + op(u) * op(v)`: several sites in one line. With dropout the order of evaluation matters."""
    first, second = body.pair()
    left = body.of(op_table.DROPOUT, first) if body.draw.random() < 0.3 else body.simple(first)
    right = body.of(op_table.DROPOUT, second) if body.draw.random() < 0.3 else body.simple(second)
    inner = body.of(body.draw.choice(op_table.BINARY), left, right)
    outer = inner if body.draw.random() < 0.5 else body.of(op_table.SUM, first, inner)
    body.assign(outer, first.columns, first)


def bounded(body: Body) -> None:
    """Write an op that keeps values small."""
    value = body.pick()
    body.assign(body.of(body.draw.choice(op_table.BOUNDED), value), value.columns, value)


def quotient(body: Body) -> None:
    """Write `h = v / (u.abs() + 1.0)`."""
    first, second = body.pair()
    below = body.of(op_table.ABOVE_ZERO, body.of(op_table.MAGNITUDE, second))
    body.assign(body.of(op_table.QUOTIENT, first, below), first.columns, first)


def linear(body: Body) -> None:
    """Write `h = self.linear(v)`, then often an activation."""
    value = body.pick()
    columns = body.draw.choice((WIDE, WIDE, WIDE // 2))
    made = body.assign(body.linear(value, columns), columns, value if value.columns == columns else None)
    if body.draw.random() < 0.6:
        body.assign(body.simple(made), columns, made)


def layered(body: Body) -> None:
    """Write `h = self.act(self.linear(h))`: nothing else has the temporary."""
    value = body.values[-1]
    if body.draw.random() < 0.5:
        expression = body.of(body.draw.choice(op_table.BOUNDED), body.linear(value, WIDE))
    else:
        kind = body.draw.randrange(len(op_table.MODULES))
        attribute = body.module(op_table.flagged_module(kind, ""), "act")
        expression = Fixed(f"self.{attribute}({body.linear(value, WIDE).text})")
    body.write(f"{value.name} = ", expression)
    body.bind(value.name, WIDE)


def residual(body: Body) -> None:
    """Write `h = v + self.linear(op(v))`."""
    value = body.pick()
    inner = body.assign(body.simple(value), value.columns)
    branch = body.linear(inner, value.columns)
    sides = (value, branch) if body.draw.random() < 0.5 else (branch, value)
    body.assign(body.of(op_table.SUM, *sides), value.columns, value)


def flagged(body: Body) -> None:
    """Write `h = self.act(v)`: a module with a flag."""
    value = body.pick()
    kind = body.draw.randrange(len(op_table.MODULES))
    attribute = body.module(op_table.flagged_module(kind, ""), "act", value.excluded)
    made = body.assign(Fixed(f"self.{attribute}({value.name})"), value.columns, value)
    body.bind(made.name, value.columns, excluded="Dropout" in op_table.MODULES[kind][0])  # it may return its input


def dropped(body: Body) -> None:
    """Write `h = F.dropout(v)`, which may return its input."""
    value = body.pick()
    made = body.assign(body.of(op_table.DROPOUT, value), value.columns, value)
    body.bind(made.name, value.columns, excluded=True)


def viewed(body: Body) -> None:
    """Write a second name of the same memory, or of a part of it."""
    value = body.pick()
    half = value.columns // 2
    kind = body.draw.choice(("half", "chunk", "same", "same") if value.columns == WIDE else ("same",))
    if kind == "half":
        body.write(f"{(name := body.new_name())} = {value.name}[:, :{half}]")
        body.bind(name, half, value.excluded)
    elif kind == "chunk":
        names = body.new_name(), body.new_name()
        body.write(f"{names[0]}, {names[1]} = {value.name}.chunk(2, 1)")
        for name in names:
            body.bind(name, half, value.excluded)
    else:
        method = body.draw.choice((f"view({ROWS}, {value.columns})", "view_as({0})", "unsqueeze(0).squeeze(0)"))
        body.write(f"{(name := body.new_name())} = {value.name}.{method.format(value.name)}")
        body.bind(name, value.columns, value.excluded)


def no_op(body: Body) -> None:
    """Write a call that returns its input, so a second name of it. With other inputs it may return a new tensor."""
    value = body.pick()
    call = body.draw.choice(
        ("{0}.contiguous()", "{0}.to(torch.float32)", "{0}.float()", "F.dropout({0}, 0.5, False)", "{0}.reshape({1})")
    ).format(value.name, f"{ROWS}, {value.columns}")
    body.write(f"{(name := body.new_name())} = {call}")
    body.values = [Named(v.name, v.columns, v.excluded or v == value) for v in body.values]
    body.bind(name, value.columns, True)


def concatenated(body: Body) -> None:
    """Write a concatenation of two halves."""
    halves = [v for v in body.values if v.columns == WIDE // 2]
    if not halves:
        return viewed(body)
    first, second = body.draw.choice(halves), body.draw.choice(halves)
    body.assign(Fixed(f"torch.cat([{first.name}, {second.name}], 1)"), WIDE)
    return None


def written(body: Body) -> None:
    """Write a statement that is in place already, on a tensor with one name."""
    value = body.pick()
    fresh = body.assign(body.of(op_table.DOUBLE, value), value.columns)
    body.write(body.draw.choice(("{0} += 0.5", "{0}.mul_(0.5)", "{0} *= 1.5")).format(fresh.name))


def forgotten(body: Body) -> None:
    """Write `del v`, if enough tensors have names."""
    if len(body.values) > 3:
        value = body.draw.choice(body.values[:-2])
        body.write(f"del {value.name}")
        body.values.remove(value)


Statement = Callable[[Body], None]

STATEMENTS: tuple[tuple[Statement, int], ...] = (
    (unary, 10),
    (chained, 8),
    (binary, 14),
    (of_names, 5),
    (nested, 6),
    (bounded, 5),
    (quotient, 3),
    (linear, 9),
    (residual, 6),
    (flagged, 7),
    (dropped, 3),
    (viewed, 4),
    (no_op, 3),
    (concatenated, 3),
    (written, 3),
    (forgotten, 3),
)

#: The statements of a network in which each layer follows the last one.
SEQUENTIAL: tuple[tuple[Statement, int], ...] = ((layered, 4), (bounded, 1), (flagged, 1))
