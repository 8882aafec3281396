"""Is it right: what is stored of claims, hazards and the safety matrix, as text and as tables.

- `truth`: what is stored, read without trust, and which of it speaks of a run
- `findings`: claims and hazards
- `safety`: the matrix in sentences, and how each of its questions is answered
- `matrix`: the matrix cell by cell

Imports go one way: truth <- findings, safety <- matrix.
"""
