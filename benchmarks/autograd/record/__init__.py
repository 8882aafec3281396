"""What is stored of correctness: claims, hazards and the safety matrix. Standard library only.

- `findings`: `ClaimRow`, `HazardRow`: what a claim or a hazard was found to be
- `safety`: `SafetyRow`: what a pair does in each situation, and what it saves for backward
- `questions`: the matrix's questions in a few words
- `subjects`: which ops each claim and hazard speaks of
- `known_wrong`: why a pair is wrong where it is
- `differences`: what two torches, or two devices, answer differently
- `files`: how rows lie in files, and which row of several files counts

Rows are read back by their declaration (`benchmarks.record.checking`): what does not fit it is refused.

History of CORRECTNESS_VERSION (stored as "truth"): 1 first version. 2 memory classes by condition of the other
operand, a Python number among them.
"""
