"""The ops of generated programs, in both variants as source text."""

from benchmarks.advise_judge.switchable import OpChoice


def _method(name: str, arguments: str = "") -> OpChoice:
    return OpChoice(f"{{0}}.{name}({arguments})", (f"{{0}}.{name}_({arguments})",))


def _function(name: str, arguments: str = "") -> OpChoice:
    behind = f", {arguments}" if arguments else ""
    return OpChoice(f"torch.{name}({{0}}{behind})", (f"{{0}}.{name}_({arguments})",))


def _flagged(name: str, arguments: str = "", is_by_result: bool = False) -> OpChoice:
    behind = f", {arguments}" if arguments else ""
    inplace = f"F.{name}({{0}}{behind}, inplace=True)"
    return OpChoice(f"F.{name}({{0}}{behind})", (inplace,), is_by_result=is_by_result)


#: Ops of one tensor, some with a number.
UNARY = (
    *(_function(name) for name in ("tanh", "sigmoid", "relu", "abs", "neg", "sin")),
    *(_method(name) for name in ("tanh", "sigmoid", "relu", "square", "cos")),
    *(_flagged(name) for name in ("relu", "leaky_relu", "silu", "hardtanh", "relu6", "hardsigmoid", "hardswish")),
    _flagged("elu", is_by_result=True),
    _method("clamp", "-1.0, 1.0"),
    _method("clamp", "min=0.05"),
    _function("clamp", "-4.0, 4.0"),  # this changes only large inputs
    OpChoice("{0} * 0.5", ("{0}.mul_(0.5)",)),
    OpChoice("0.5 * {0}", ("{0}.mul_(0.5)",), operand_numbers=(2,)),
    OpChoice("{0} + 1.0", ("{0}.add_(1.0)",)),
    OpChoice("{0} - 0.3", ("{0}.sub_(0.3)",)),
    OpChoice("{0} / 2.0", ("{0}.div_(2.0)",)),
)

#: Ops of two tensors of one shape.
BINARY = (
    *(OpChoice("{0} + {1}", ("{0}.add_({1})", "{1}.add_({0})")),) * 4,
    *(OpChoice("{0} * {1}", ("{0}.mul_({1})", "{1}.mul_({0})")),) * 3,
    OpChoice("torch.add({0}, {1})", ("{0}.add_({1})", "{1}.add_({0})")),
    OpChoice("{0}.mul({1})", ("{0}.mul_({1})", "{1}.mul_({0})")),
    OpChoice("{0} - {1}", ("{0}.sub_({1})", None)),
    OpChoice("torch.lerp({0}, {1}, 0.3)", ("{0}.lerp_({1}, 0.3)", None)),
)

#: Ops of two named tensors of one shape. The second is used twice, or only its signs are used.
OF_NAMES = (
    OpChoice("torch.addcmul({0}, {1}, {1}, value=0.5)", ("{0}.addcmul_({1}, {1}, value=0.5)", None)),
    OpChoice("{0}.masked_fill({1} > 0, 0.0)", ("{0}.masked_fill_({1} > 0, 0.0)", None)),
    OpChoice("{0}.masked_fill({1} > 3, -1.0)", ("{0}.masked_fill_({1} > 3, -1.0)", None)),
    OpChoice("torch.where({1} > 0, {0}, 0.0)", ("{0}.masked_fill_(~({1} > 0), 0.0)", None), operand_numbers=(2, 3)),
)

QUOTIENT = OpChoice("{0} / {1}", ("{0}.div_({1})", None))
MAGNITUDE = OpChoice("{0}.abs()", ("{0}.abs_()",))
ABOVE_ZERO = OpChoice("{0} + 1.0", ("{0}.add_(1.0)",))

#: Ops that keep a tensor's values small enough for a chain of many ops.
BOUNDED = (_function("tanh"), _method("sigmoid"), _method("clamp", "-1.0, 1.0"), _flagged("hardtanh"))

DROPOUT = OpChoice("F.dropout({0}, 0.3, True)", ("F.dropout({0}, 0.3, True, inplace=True)",))
PRODUCT = OpChoice("{0} * {1}", ("{0}.mul_({1})", "{1}.mul_({0})"))
SUM = OpChoice("{0} + {1}", ("{0}.add_({1})", "{1}.add_({0})"))
DIFFERENCE = OpChoice("{0} - {1}", ("{0}.sub_({1})", None))
SQUARE = OpChoice("{0}.square()", ("{0}.square_()",))
DOUBLE = OpChoice("{0} * 2.0", ("{0}.mul_(2.0)",))

#: Modules with a flag: the text that makes them, and their arguments.
MODULES = (
    ("nn.ReLU({0})", ""),
    ("nn.LeakyReLU({0})", "0.1"),
    ("nn.SiLU({0})", ""),
    ("nn.Hardtanh({0})", "-2.0, 2.0"),
    ("nn.ReLU6({0})", ""),
    ("nn.Hardswish({0})", ""),
    ("nn.Dropout({0})", "0.25"),
)


def flagged_module(kind: int, attribute: str) -> OpChoice:
    """Return the op that makes the module MODULES[kind], held as `attribute`. Its `inplace` flag is the switch."""
    template, arguments = MODULES[kind]
    flag = f"{arguments}, inplace=True" if arguments else "inplace=True"
    return OpChoice(template.replace("{0}", arguments), (template.replace("{0}", flag),), module=attribute)
