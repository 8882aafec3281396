"""Pointwise ops: each element of the result depends on one element per operand. One line per pair."""

import math

from benchmarks.catalogue.dtypes import COMPLEX_TOO, NO_HALF, NUMBERS
from benchmarks.catalogue.pair import NO_GRAPH, Pair

ONE, TWO = ("real",), ("real", "real")

#: Where gradients are delicate: ends of domains and bounds, steps of rounding, poles of gamma functions.
ENDS, STEPS, POLES = (-1.0, 1.0), (0.0, 1.0), (0.0, -1.0)

UNARY = (
    Pair("abs", dtypes=NUMBERS),
    Pair("acos", domain="unit", delicate=ENDS),
    Pair("acosh", domain="above_one", delicate=(1.0,), phases=NO_GRAPH),  # acosh_, asinh_, atanh_ raise in backward
    Pair("asin", domain="unit", delicate=ENDS),
    Pair("asinh", phases=NO_GRAPH),
    Pair("atan"),
    Pair("atanh", domain="unit", delicate=ENDS, phases=NO_GRAPH),
    Pair("ceil", delicate=STEPS, phases=NO_GRAPH),
    Pair("clamp", args=(-1.0, 1.0), delicate=ENDS),
    Pair("clamp_max", args=(1.0,), delicate=(1.0,)),
    Pair("clamp_min", args=(-1.0,), delicate=(-1.0,)),
    Pair("conj_physical", dtypes=("complex64",), note="on real numbers out-of-place returns its input: complex only"),
    Pair("cos"),
    Pair("cosh"),
    Pair("deg2rad"),
    Pair("digamma", domain="positive", delicate=POLES),
    Pair("erf"),
    Pair("erfc"),
    Pair("erfinv", domain="unit", delicate=ENDS),
    Pair("exp", dtypes=COMPLEX_TOO),
    Pair("exp2"),
    Pair("expm1"),
    Pair("floor", delicate=STEPS, phases=NO_GRAPH),
    Pair("frac", delicate=STEPS),
    Pair("i0"),
    Pair("lgamma", domain="positive", delicate=POLES),
    Pair("log", domain="positive"),
    Pair("log10", domain="positive"),
    Pair("log1p", domain="positive", delicate=(-1.0, 0.0)),
    Pair("log2", domain="positive"),
    Pair("logit", domain="fraction", delicate=(0.0, 1.0)),
    Pair("mvlgamma", domain="above_one", args=(2,), delicate=()),
    Pair("nan_to_num", delicate=(math.nan, math.inf, -math.inf)),
    Pair("neg", dtypes=(*NUMBERS, "complex64")),
    Pair("polygamma", domain="positive", first=(1,), delicate=POLES),
    Pair("pow_scalar", op="pow", domain="positive", args=(2.5,)),
    Pair("rad2deg"),
    Pair("reciprocal", dtypes=COMPLEX_TOO),
    Pair("round", delicate=(0.5, 1.5), phases=NO_GRAPH),
    Pair("rsqrt", domain="positive"),
    Pair("sgn", phases=NO_GRAPH),
    Pair("sigmoid"),
    Pair("sign", phases=NO_GRAPH),
    Pair("sin"),
    Pair("sinc"),
    Pair("sinh"),
    Pair("sqrt", domain="positive"),
    Pair("square", dtypes=NUMBERS),
    Pair("tan", domain="unit"),
    Pair("tanh"),
    Pair("trunc", delicate=STEPS, phases=NO_GRAPH),
)

BINARY = (
    Pair("add", others=ONE, scalar=True, dtypes=(*NUMBERS, "complex64")),
    Pair("addcdiv", others=TWO, kwargs={"value": 0.5}),
    Pair("addcmul", others=TWO, kwargs={"value": 0.5}),
    Pair("atan2", others=ONE),
    Pair("clamp_max_tensor", op="clamp_max", others=ONE),
    Pair("clamp_min_tensor", op="clamp_min", others=ONE),
    Pair("clamp_tensor", op="clamp", others=("unit", "above_one")),
    Pair("copysign", others=ONE, scalar=True),
    Pair("div", others=ONE, scalar=True, dtypes=COMPLEX_TOO),
    Pair("div_floor", op="div", others=ONE, scalar=True, kwargs={"rounding_mode": "floor"}, phases=NO_GRAPH),
    Pair("div_trunc", op="div", others=ONE, scalar=True, kwargs={"rounding_mode": "trunc"}, phases=NO_GRAPH),
    Pair("float_power", domain="positive", others=ONE, scalar=True, dtypes=("float64",)),  # returns float64 always
    Pair("floor_divide", others=ONE, scalar=True, phases=NO_GRAPH),
    Pair("fmod", others=("above_one",), scalar=True),
    Pair("heaviside", others=ONE, phases=NO_GRAPH),
    Pair("hypot", others=ONE),
    Pair("igamma", domain="positive", others=("positive",), phases=NO_GRAPH),
    Pair("igammac", domain="positive", others=("positive",), phases=NO_GRAPH),
    Pair("ldexp", others=ONE),
    Pair("lerp", others=ONE, args=(0.25,)),
    Pair("lerp_tensor", op="lerp", others=("real", "fraction")),
    Pair("mul", others=ONE, scalar=True, dtypes=(*NUMBERS, "complex64")),
    Pair("nextafter", others=ONE, dtypes=NO_HALF),
    Pair("pow", domain="positive", others=ONE),
    Pair("remainder", others=("above_one",), scalar=True),
    Pair("sub", others=ONE, scalar=True, dtypes=(*NUMBERS, "complex64")),
    Pair("xlogy", others=("positive",), scalar=True),
)

PAIRS = UNARY + BINARY
