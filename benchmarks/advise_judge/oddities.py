"""Statements in which an op in place fails or is hard to see: odd shapes or dtypes, overlaps, many sites in a line."""

from benchmarks.advise_judge import op_table
from benchmarks.advise_judge.body import ROWS, Body, Named
from benchmarks.advise_judge.statements import Statement
from benchmarks.advise_judge.switchable import Fixed, OpChoice


def broadcast(body: Body) -> None:
    """Write `h = v.mean(1, keepdim=True) * u`: an operand is smaller than the result."""
    value = body.pick()
    small = Fixed(f"{value.name}.mean({body.draw.choice((0, 1))}, keepdim=True)")
    sides = (small, value) if body.draw.random() < 0.5 else (value, small)
    body.assign(body.of(body.draw.choice(op_table.BINARY), *sides), value.columns, value)


def promoted(body: Body) -> None:
    """Write `h = (v > 0) * u`, where an operand has another dtype than the result; or a product in float64."""
    first, second = body.pair()
    if body.draw.random() < 0.5:
        sign = Fixed(f"({first.name} > 0)")
        sides = (sign, second) if body.draw.random() < 0.5 else (second, sign)
        body.assign(body.of(op_table.PRODUCT, *sides), first.columns, first)
        return
    wide = body.new_name()
    product = body.site(op_table.PRODUCT, Fixed(f"{first.name}.double()"), Fixed(second.name), excluded=(True, True))
    body.write(f"{wide} = ", product)
    body.write(f"{(name := body.new_name())} = ", body.simple(Named(wide, first.columns)), ".float()")
    body.bind(name, first.columns, excluded=True)  # for other inputs, both calls may return their own input


def repeated_row(body: Body) -> None:
    """Write a tensor whose rows are one row in memory, so that it cannot be written."""
    value = body.pick()
    body.write(f"{(name := body.new_name())} = {value.name}.mean(0).expand({ROWS}, {value.columns})")
    body.bind(name, value.columns)
    row = body.values[-1]
    body.assign(body.of(op_table.SUM, row, value), value.columns)


def two_in_a_line(body: Body) -> None:
    """Write `a, b = op(v), op(u)`: the second call runs after the first has written."""
    first, second = body.pair()
    left, right = body.simple(first), body.simple(second)
    names = body.new_name(), body.new_name()
    both = OpChoice("{0}, {1}", (None, None))
    body.write(f"{names[0]}, {names[1]} = ", body.site(both, left, right))
    for name in names:
        body.bind(name, first.columns)


def named_within(body: Body) -> None:
    """Write `h = (t := op(v)) * op(t)`: a temporary with a name."""
    value = body.pick()
    name = body.new_name()
    inner = OpChoice(f"({name} := {{0}})", (None,))
    left = body.site(inner, body.simple(value))
    right = body.simple(Fixed(name))
    body.bind(name, value.columns)
    body.assign(body.of(body.draw.choice(op_table.BINARY), left, right), value.columns)


def twice_bound(body: Body) -> None:
    """Write `a = b = op(v)`: two names of one tensor."""
    value = body.pick()
    names = body.new_name(), body.new_name()
    body.write(f"{names[0]} = {names[1]} = ", body.simple(value))
    for name in names:
        body.bind(name, value.columns)
    body.assign(body.simple(body.values[-1]), value.columns)


def comprehension(body: Body) -> None:
    """Write a list comprehension: one site that several tensors pass through."""
    first, second = body.pair()
    name = body.new_name()
    excluded = first.excluded or second.excluded
    each = body.of(body.draw.choice(op_table.UNARY), Named("t", first.columns, excluded))
    body.write(f"{name} = sum([", each, f" for t in ({first.name}, {second.name})])")
    body.bind(name, first.columns)


def conditional(body: Body) -> None:
    """Write `h = op(v) if ... else v`: on one of the paths, h is another name of v."""
    value = body.pick()
    name = body.new_name()
    body.write(f"{name} = ", body.simple(value), f" if self.count % 2 else {value.name}")
    body.bind(name, value.columns, excluded=True)
    body.assign(body.simple(body.values[-1]), value.columns)


def boxed(body: Body) -> None:
    """Write a line that keeps a tensor, or a view of it, in an object of the program."""
    value = body.pick()
    what = body.draw.choice(("", "[:, :4]", ".t()"))
    body.write(f"self.box = Box({value.name}.detach(){what})")
    body.helpers.add("Box")


def from_last_step(body: Body) -> None:
    """Write lines that keep a tensor for the next step, and read that of the last step."""
    value = body.pick()
    key = f"'{body.new_name()}'"
    body.write(f"if {key} in self.named:")
    name = body.new_name()
    body.write(f"{name} = ", body.of(op_table.SUM, value, Fixed(f"self.named[{key}]")), more=1)
    body.write("else:")
    body.write(f"{name} = ", body.simple(value), more=1)
    made = body.bind(name, value.columns)
    body.write(f"self.named[{key}] = {made.name}.detach()")


ODDITIES: tuple[tuple[Statement, int], ...] = (
    (broadcast, 3),
    (promoted, 3),
    (repeated_row, 2),
    (two_in_a_line, 3),
    (named_within, 2),
    (twice_bound, 2),
    (comprehension, 2),
    (conditional, 2),
    (boxed, 2),
    (from_last_step, 2),
)
