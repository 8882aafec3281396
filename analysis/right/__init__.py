"""Correctness: what is stored of claims, hazards and the safety matrix, as text and as tables.

- `truth`: what is stored, read without trust, and which of it a run's torch and device have
- `findings`: claims and hazards
- `safety`: the matrix in sentences, and how each of its questions is answered
- `matrix`: the matrix cell by cell

Imports go one way: truth <- findings; truth <- safety <- matrix.
"""
