"""The judge of the advisor: generated programs, and their truth by brute force. It shares no code with what it judges.

- `switchable`: source text with places that can be switched; `op_table`: ops in both variants as source
- `body`, `statements`, `surroundings`, `oddities`: their statements; `generated`: a whole step file
- `reach`, `judged_bytes`: what a step leaves, bit for bit, and its exact peak; `brute_force`: the truth made of both
- `advisor_answer`: the advisor's command asked, and its JSON read; `verdicts`: one program judged
- `models/`: small models as users write them; `step_files`: files in a user's folder, run as they are and patched
- `model_table`, `trap_table`: the advisor on these models, and on the hazards
- `figures`, `command`, `__main__`: many programs, and what came out
"""
