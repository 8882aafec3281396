"""Explains an error of autograd in a user's script: who saved, who wrote, why, and what to write instead.

- `explain_command`, `command`: the command `explain`; `script`: runs a script as Python itself would
- `watch`: watches it: compares what was saved with what backward takes, so it sees writes that no counter counted
- `rejections`: errors that torch raises at the write itself
- `conflicts`: what is found; `wording`: conflicts as text
- `cures`: what to write instead, as changes of the source; `trial`: runs them
- `source`, `edits`: the text at a place, and changes to it
"""
