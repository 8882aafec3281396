"""What can be switched, found in the source and in living modules.

- `candidates`: the ways to write a call in place; `operands`: the operand of a call; `operand_problems`: operands that
  can never be overwritten
- `candidates_on_line`: where only the line of a call is known
- `inplace_calls`: calls that are in place already, and how to write them out of place
- `flags`: modules with a flag; `optimizer_forms`: options of an optimizer that take fewer bytes
"""
