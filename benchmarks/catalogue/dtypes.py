"""Which of the dtypes that the suite measures (`record.ITEM_BYTES`) an op is paired in."""

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
