"""A program's body while it is made: its lines, the tensors that a next line can name, and what it needs around it."""

import random
from dataclasses import dataclass, field, replace

from benchmarks.advise_judge import op_table
from benchmarks.advise_judge.switchable import Expression, Fixed, OpChoice, SourceLine, SourceSite

#: Every tensor has ROWS rows, and WIDE columns or half of that.
ROWS, WIDE = 32, 16


@dataclass(frozen=True)
class Named:
    """A tensor that has a name in the source. `excluded`: the advisor's rules forbid to write it (an argument)."""

    name: str
    columns: int
    excluded: bool = False


@dataclass
class Body:
    """The lines of a body. Statements append to it; the code around it is written once it is complete."""

    draw: random.Random
    is_training: bool
    indent: int
    lines: list[SourceLine] = field(default_factory=list)
    values: list[Named] = field(default_factory=list)  #: tensors that a next line can name
    made: list[SourceLine] = field(default_factory=list)  #: lines of `__init__`: modules and weights
    helpers: set[str] = field(default_factory=set)  #: names of the definitions that it needs above
    numbers: int = 0  #: how many sites there are
    names: int = 0  #: how many new names there are

    def site(self, choice: OpChoice, *operands: Expression, excluded: tuple[bool, ...] = (False, False)) -> SourceSite:
        """Return a new site. `excluded`: per operand, whether the advisor's rules forbid to write it."""
        self.numbers += 1
        return SourceSite(self.numbers, choice, operands, excluded)

    def of(self, choice: OpChoice, *operands: "Named | Expression") -> SourceSite:
        """Return a new site of named tensors or expressions. An operand is excluded if its tensor is."""
        excluded = tuple((isinstance(each, Named) and each.excluded) or _may_be_its_input(each) for each in operands)
        nodes = [Fixed(operand.name) if isinstance(operand, Named) else operand for operand in operands]
        return self.site(choice, *nodes, excluded=excluded)

    def write(self, before: str, expression: Expression | None = None, after: str = "", more: int = 0) -> None:
        """Append a line, `more` levels deeper than the body."""
        self.lines.append(SourceLine(before, expression, after, self.indent + more))

    def pick(self, columns: int | None = None, other_than: Named | None = None) -> Named:
        """Return a tensor that has a name, mostly one of the last, with so many columns if there is one."""
        some = [v for v in self.values if columns in (None, v.columns) and v != other_than] or self.values
        return self.draw.choice(some[-3:] if self.draw.random() < 0.7 else some)

    def pair(self) -> tuple[Named, Named]:
        """Return two tensors of one shape. If there is only one of it, return that twice."""
        first = self.pick()
        second = self.pick(first.columns, first)
        return first, (second if second.columns == first.columns else first)

    def new_name(self, reused: Named | None = None) -> str:
        """Return a new name, or that of an operand, whose tensor then has no name any more."""
        if reused is not None and self.draw.random() < 0.4:
            return reused.name
        self.names += 1
        return f"h{self.names}"

    def bind(self, name: str, columns: int, excluded: bool = False) -> Named:
        """Note that a name now means another tensor, and return that tensor."""
        value = Named(name, columns, excluded)
        self.values = [v for v in self.values if v.name != name] + [value]
        return value

    def assign(self, expression: Expression, columns: int, reused: Named | None = None, more: int = 0) -> Named:
        """Write a line that gives an expression a name, and return the named tensor."""
        name = self.new_name(reused)
        self.write(f"{name} = ", expression, more=more)
        return self.bind(name, columns)

    def module(self, constructor: "str | OpChoice", prefix: str, excluded: bool = False) -> str:
        """Write the line that makes a module, and return its attribute. The line of a module with a flag is a site."""
        attribute = f"{prefix}{len(self.made) + 1}"
        if isinstance(constructor, str):
            self.made.append(SourceLine(f"self.{attribute} = {constructor}", indent=2))
        else:
            site = self.site(replace(constructor, module=attribute), excluded=(excluded,))
            self.made.append(SourceLine(f"self.{attribute} = ", site, indent=2))
        return attribute

    def linear(self, value: Named, columns: int) -> Fixed:
        """Return a product with a new weight, by a module or by a parameter. It is no site."""
        if self.draw.random() < 0.6:
            bias = "" if self.draw.random() < 0.5 else ", bias=False"
            return Fixed(f"self.{self.module(f'nn.Linear({value.columns}, {columns}{bias})', 'linear')}({value.name})")
        weight = self.module(f"nn.Parameter(torch.randn({value.columns}, {columns}) * 0.3)", "weight")
        return Fixed(f"{value.name} @ self.{weight}")

    def simple(self, operand: "Named | Expression") -> SourceSite:
        """Return a site of an op of one tensor."""
        return self.of(self.draw.choice(op_table.UNARY), operand)


def _may_be_its_input(operand: object) -> bool:
    """Return whether a call may return its input, as dropout that drops nothing: the rules forbid to write that."""
    return isinstance(operand, SourceSite) and operand.choice == op_table.DROPOUT
