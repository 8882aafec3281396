"""What is stored of correctness: claims, hazards and the safety matrix. Standard library only.

- `findings`: `ClaimRow`, `HazardRow`: the result of a claim or a hazard
- `safety`: `SafetyRow`: what a pair does in each situation, and what it saves for backward
- `questions`: the matrix's questions in a few words
- `subjects`: which ops each claim and hazard concerns
- `known_wrong`: why a pair is wrong where it is
- `differences`: answers that differ between two torches or devices
- `files`: rows in files, and which row counts if several files have it

Rows are read back by their declaration (`benchmarks.record.checking`); a row that does not fit it is refused.

History of CORRECTNESS_VERSION (stored as "truth"): 1 first version. 2 memory classes by condition of the other operand,
including a Python number.
"""
