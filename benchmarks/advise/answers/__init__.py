"""The answer in words, as JSON, as a patch, as a run.

- `decisions`: the lines of the answer; `answer`: the answer as JSON; `patch_text`: the patch
- `printed_answer`: prints the answer, with `printed_bytes` (bytes and times) and `printed_effects` (side effects)
- `stored_advice`: the answer as an ordinary run; `stored_facts`: the facts of that run
"""
