"""Explains an error of autograd in a user's script: who saved, who wrote, why, and what to write instead.

- `explain_command`, `command`: the command `explain`; `script`: runs a script as Python itself would
- `program_watch`: watches the script: compares what was saved with what backward takes, and so sees uncounted writes
- `rejections`: errors that torch raises at the write itself
- `conflicts`: findings in the script; `wording`: findings as text
- `cures`: what to write instead, as changes of the source; `cure_trial`: runs the script with such a change
- `source`, `edits`: the text at a place, and the edits of cures
"""
