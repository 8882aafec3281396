"""Scenarios, model-sized pairs: each represents itself, never an op. What a run declares of them: `run.scenarios`.

- `expectations`: what the field expects of one, beside what was measured: confirmed, contradicted or open
- `growth`: exponents fitted to what was measured at several scales, beside those expected
- `judging`: the scenarios of a section with their cases, and all their expectations judged
- `csv_tables`: as tables for scripts

Imports go one way: expectations <- growth <- judging <- csv_tables.
"""
