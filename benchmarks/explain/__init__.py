"""Explains an error of autograd in a user's script: who saved, who wrote, why, and what to write instead.

- `explain_command`, `command`: the command `explain`; `script`: runs a script as Python itself would
- `program_watch`: watches it: compares what was saved with what backward takes, and so sees writes that nobody counted
- `rejections`: errors that torch raises at the write itself
- `conflicts`: what is found; `wording`: conflicts as text
- `cures`: what to write instead, as changes of the source; `cure_trial`: runs them
- `source`, `edits`: the text at a place, and changes to it
"""
