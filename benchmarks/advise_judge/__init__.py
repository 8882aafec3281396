"""The judge of the advisor: generated programs, and their truth by brute force. It shares no code with what it judges.

- `switchable`: source text with places that can be switched; `op_table`: ops in both variants as source
- `body`, `statements`, `surroundings`, `oddities`: what a program's lines are made of; `needed`: without idle lines
- `generated`: a whole step file from a seed
- `reach`, `judged_bytes`: what a step leaves, bit for bit, and its exact peak; `brute_force`: the truth
- `poison`: switches that are right whatever the values are
- `advisor_answer`: the advisor's command asked, and its JSON read; `forked_worker`: in less time
- `verdicts`: one program judged
- `models/`: small models as users write them; `step_files`: files in a user's folder, run as they are and patched
- `model_truth`: every expression of such a file tried
- `model_table`, `trap_table`: the advisor on these models, and on the hazards
- `figures`, `command`, `__main__`: many programs, and what came out
"""
