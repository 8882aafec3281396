"""`torch._foreach_*_` over the parameters of a small transformer, as optimizers call them. One line per pair."""

import torch

from benchmarks.catalogue.constructors import foreach
from benchmarks.catalogue.pair import NO_GRAPH
from benchmarks.catalogue.pointwise import ENDS, ONE, POLES, STEPS, TWO

_LAUNCHES = "Out of place one call per tensor, in place one for all: on a GPU the number of launches decides."

UNARY = (
    foreach("abs"),
    foreach("acos", domain="unit", delicate=ENDS),
    foreach("asin", domain="unit", delicate=ENDS),
    foreach("atan"),
    foreach("ceil", delicate=STEPS, phases=NO_GRAPH),
    foreach("cos"),
    foreach("cosh"),
    foreach("erf"),
    foreach("erfc"),
    foreach("exp"),
    foreach("expm1"),
    foreach("floor", delicate=STEPS, phases=NO_GRAPH),
    foreach("frac", delicate=STEPS),
    foreach("lgamma", domain="positive", delicate=POLES),
    foreach("log", domain="positive"),
    foreach("log10", domain="positive"),
    foreach("log1p", domain="positive", delicate=(-1.0, 0.0)),
    foreach("log2", domain="positive"),
    foreach("neg"),
    foreach("reciprocal"),
    foreach("round", delicate=(0.5, 1.5), phases=NO_GRAPH),
    foreach("rsqrt", domain="positive"),
    foreach("sigmoid"),
    foreach("sign", phases=NO_GRAPH),
    foreach("sin"),
    foreach("sinh"),
    foreach("sqrt", domain="positive"),
    foreach("tan", domain="unit"),
    foreach("tanh"),
    foreach("trunc", delicate=STEPS, phases=NO_GRAPH),
    foreach(
        "zero",
        lambda xs: [torch.zeros_like(x) for x in xs],
        "[torch.zeros_like(x) for x in xs]",
        phases=NO_GRAPH,
        note=_LAUNCHES,
    ),
)

WITH_OTHERS = (
    foreach("add", others=ONE, scalar=True),
    foreach("addcdiv", others=TWO, args=(0.5,)),
    foreach("addcmul", others=TWO, args=(0.5,)),
    foreach("clamp_max", others=ONE, scalar=True),
    foreach("clamp_min", others=ONE, scalar=True),
    foreach(
        "copy",
        lambda xs, others: [other.clone() for other in others],
        "[other.clone() for other in others]",
        others=ONE,
        phases=NO_GRAPH,
        note=_LAUNCHES,
    ),
    foreach("div", others=ONE, scalar=True),
    foreach("lerp", others=ONE, args=(0.25,)),
    foreach("maximum", others=ONE),  # without `scalar`: with a number there is no derivative in place
    foreach("minimum", others=ONE),
    foreach("mul", others=ONE, scalar=True),
    foreach("pow", domain="positive", others=ONE, scalar=True),
    foreach("sub", others=ONE, scalar=True),
)

PAIRS = UNARY + WITH_OTHERS
