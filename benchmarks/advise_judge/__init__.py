"""The judge of the advisor: generated programs, and their truth by brute force. It shares no code with the advisor.

- `switchable`: source text with places that can be switched; `op_table`: ops in both variants as source
- `body`, `statements`, `surroundings`, `oddities`: how a program's lines are made; `needed`: drops idle lines
- `generated`: a whole step file from a seed
- `reach`, `judged_bytes`: the values after a step, bit for bit, and its exact peak; `brute_force`: the truth
- `poison`: shows whether anything still needs an operand, whatever its values are
- `advisor_answer`: runs the advisor's command and reads its JSON; `forked_worker`: makes that faster
- `verdicts`: judges one program
- `models/`: small models as users write them; `step_files`: files in a user's folder, run as they are and patched
- `model_truth`: tries every expression of such a file
- `model_table`, `trap_table`: the advisor on these models, and on the hazards; `peak_rest`: the bytes it names
- `figures`, `command`, `__main__`: many programs, and the figures over them
"""
