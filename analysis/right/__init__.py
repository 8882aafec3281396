"""Correctness: stored claims, hazards and safety matrices, as text and as tables.

- `truth`: reads what is stored, without trust, and selects the rows of a run's torch and device
- `findings`: claims and hazards
- `safety`: the safety matrix in sentences, and the answers to each of its questions
- `matrix`: the safety matrix cell by cell

Imports go one way: truth <- findings; truth <- safety <- matrix.
"""
