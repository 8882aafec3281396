"""What the user's source says about paths that were not executed, and how it is changed.

- `rewrite`: expressions written in place; `living_code`: puts changed source into functions that exist; `frames`: the
  expression that makes a call; `instruction_places`: the same where Python gives no columns
- `liveness`: whether a variable is read again; `catching`: `with` statements that may stop an exception;
  `aliases`: variables that may share memory; `memory_leaves`: variables whose memory an expression may return;
  `own_returns`: what the user's own functions return
- `unseen_lines`: lines that were never executed; `keeping_lines`: lines that hand a variable on; `giving_lines`:
  lines that give it its value
"""
