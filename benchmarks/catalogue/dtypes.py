"""The dtypes that the suite measures, and which of them an op is paired in."""

#: Bytes an element, by torch's name.
ITEM_BYTES = {
    "float32": 4,
    "float64": 8,
    "bfloat16": 2,
    "float16": 2,
    "complex64": 8,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
}

#: Those that can require a gradient.
DIFFERENTIABLE = ("float32", "float64", "bfloat16", "float16", "complex64")

#: A pair's first dtype is its usual one: what models use it in.
FLOATS = ("float32", "float64", "bfloat16", "float16")
NO_HALF = ("float32", "float64", "bfloat16")
COMPLEX_TOO = (*FLOATS, "complex64")
NUMBERS = (*FLOATS, "int64", "int32")  # arithmetic that integers share
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")
BITS = (*INTEGERS, "bool")
ANY = (*FLOATS, "complex64", *BITS)  # moves elements, whatever they are
