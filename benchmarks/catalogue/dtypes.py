"""The dtypes that an op is measured in, among those of `record.ITEM_BYTES`."""

#: Dtypes that can require a gradient.
DIFFERENTIABLE = ("float32", "float64", "bfloat16", "float16", "complex64")

#: A pair's first dtype is its usual one, which models use.
FLOATS = ("float32", "float64", "bfloat16", "float16")
NO_HALF = ("float32", "float64", "bfloat16")
COMPLEX_TOO = (*FLOATS, "complex64")
NUMBERS = (*FLOATS, "int64", "int32")  # arithmetic that also works on integers
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")
BITS = (*INTEGERS, "bool")
ANY = (*FLOATS, "complex64", *BITS)  # moves elements of any type
