"""Pair: one op and its two variants, doing the same work. A declaration; nothing here runs an op."""

import ast
import functools
import inspect
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.catalogue.domains import DOMAINS
from benchmarks.record import INPLACE, OUTOFPLACE, PHASES, VARIANTS

#: For ops whose gradient is zero everywhere, or whose in-place form has no derivative: nothing to train through.
NO_GRAPH = ("inference",)


class PairError(ValueError):
    """A declaration that cannot be right; the message names the pair."""


@dataclass(frozen=True)
class Pair:
    """One op in its two variants.

    Without callables the variants are the tensor methods `x.<op>(...)` and `x.<op>_(...)`. A callable takes the
    input, then one tensor for each of `others`, then `args` and `kwargs`, then, with `setup`, the state it returned;
    it returns the result. `inplace` must write and return its input.
    """

    name: str
    outofplace: Callable[..., Any] | None = None
    inplace: Callable[..., Any] | None = None
    op: str = ""  #: torch's out-of-place name; the pair's name by default
    domain: str = "real"  #: of the input, a key of DOMAINS
    others: tuple[str, ...] = ()  #: domains of further tensor operands
    scalar: bool = False  #: the first of `others` may be a Python number as well
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    phases: tuple[str, ...] = PHASES
    shape: tuple[int, ...] | None = None  #: of the input, instead of the preset's sizes
    other_shapes: tuple[tuple[int, ...], ...] = ()  #: of `others`, instead of the input's
    setup: Callable[..., Any] | None = None  #: untimed, before every call: setup(x) -> state
    verify: bool = True  #: False: any two callables; times and memory, no promises checked

    def __post_init__(self) -> None:
        if not self.name or not isinstance(self.name, str):
            raise PairError(f"a pair needs a name, not {self.name!r}")
        for variant in VARIANTS:
            if getattr(self, variant) is not None and not callable(getattr(self, variant)):
                raise PairError(f"{self.name}: {variant} must be callable, not {getattr(self, variant)!r}")
        if (self.outofplace is None) != (self.inplace is None):
            raise PairError(f"{self.name}: declare both callables, or neither (then the tensor methods are paired)")
        for name in ("others", "args", "phases", "other_shapes"):
            if not isinstance(getattr(self, name), tuple):
                raise PairError(f"{self.name}: {name} must be a tuple, not {getattr(self, name)!r}")
        if not isinstance(self.op, str) or not isinstance(self.kwargs, Mapping):
            raise PairError(f"{self.name}: op must be text and kwargs a dict, not {self.op!r} and {self.kwargs!r}")
        if self.scalar and not self.others:
            raise PairError(f"{self.name}: scalar needs others: it says that the first of them may be a number")
        for domain in (self.domain, *self.others):
            if not isinstance(domain, str) or domain not in DOMAINS:
                raise PairError(f"{self.name}: unknown domain {domain!r}, choose from {', '.join(DOMAINS)}")
        if not self.phases or set(self.phases) - set(PHASES):
            raise PairError(f"{self.name}: phases must be some of {', '.join(PHASES)}, not {self.phases!r}")
        for shape in (*self.other_shapes, *(() if self.shape is None else (self.shape,))):
            if not isinstance(shape, tuple) or not all(type(size) is int and size > 0 for size in shape):
                raise PairError(f"{self.name}: a shape must be a tuple of numbers above zero, not {shape!r}")
        if self.other_shapes and len(self.other_shapes) != len(self.others):
            raise PairError(f"{self.name}: other_shapes needs one shape for each of others")

    @property
    def operands(self) -> tuple[str, ...]:
        """The kinds the first other operand may take: its axis. ("none",) for an op of one tensor."""
        if not self.others:
            return ("none",)
        return ("same", "scalar") if self.scalar else ("same",)

    def method(self, variant: str) -> str:
        """The tensor method of a variant, by torch's rule: the in-place name is the op's with `_` behind it."""
        return (self.op or self.name) + ("_" if variant == INPLACE else "")

    def bind(self, variant: str, others: tuple[Any, ...] = ()) -> Callable[..., Any]:
        """The variant as a callable of its input (and state), with the other operands in place.

        A method goes through `operator.methodcaller`, which is the attribute look-up and call of the statement
        `x.add_(other)` without a Python frame around it: at 1 Ki elements a frame is 5 % of the call.
        """
        function = getattr(self, variant)
        rest = (*others, *self.args)
        if function is None:
            return operator.methodcaller(self.method(variant), *rest, **self.kwargs)
        if not rest:
            return functools.partial(function, **self.kwargs) if self.kwargs else function
        return lambda x, *state: function(x, *rest, *state, **self.kwargs)

    def code(self, variant: str) -> str:
        """The statement that is timed, as a user would write it."""
        names = [f"other{i}" if i > 1 else "other" for i in range(1, len(self.others) + 1)]
        rest = [*names, *map(repr, self.args)]
        function = getattr(self, variant)
        keywords = dict(self.kwargs)
        if function is None:
            return f"x.{self.method(variant)}({', '.join(rest + _keywords(keywords))})"
        if isinstance(function, functools.partial):
            keywords = {**function.keywords, **keywords}
            function = function.func
        name = getattr(function, "__name__", type(function).__name__).lstrip("_")
        if name == "<lambda>":
            return _lambda_body(function) or name
        return f"{name}({', '.join(['x', *rest, *_keywords(keywords)])})"


def _keywords(keywords: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value!r}" for name, value in keywords.items()]


def _lambda_body(function: Callable[..., Any]) -> str | None:
    """What a lambda returns, as written; None where its source is not to be had."""
    try:
        lines, _ = inspect.findsource(function)
        tree = ast.parse("".join(lines))
    except (OSError, TypeError, SyntaxError):
        return None
    wanted = function.__code__
    for node in ast.walk(tree):
        # Several lambdas may stand in one line: the one whose compiled body is this function's.
        if isinstance(node, ast.Lambda) and node.lineno == wanted.co_firstlineno:
            expression = ast.unparse(node)
            if _compiled(expression) == (wanted.co_code, wanted.co_names, wanted.co_varnames):
                return ast.unparse(node.body)
    return None


def _compiled(expression: str) -> tuple[bytes, tuple[str, ...], tuple[str, ...]]:
    code = next(each for each in compile(expression, "", "eval").co_consts if hasattr(each, "co_code"))
    return code.co_code, code.co_names, code.co_varnames


def flagged(function: Callable[..., Any], **fields: Any) -> Pair:
    """The pair of a functional form with an `inplace=` flag, under the function's own name."""
    fields.setdefault("name", function.__name__)
    return Pair(
        outofplace=functools.partial(function, inplace=False),
        inplace=functools.partial(function, inplace=True),
        **fields,
    )


__all__ = ["INPLACE", "NO_GRAPH", "OUTOFPLACE", "Pair", "PairError", "flagged"]
