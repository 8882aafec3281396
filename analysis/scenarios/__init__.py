"""Scenarios, which are model-sized pairs: each represents itself, never an op. `run.scenarios` reads declarations.

- `expectations`: what people expect, judged by the measurement: confirmed, contradicted or open
- `growth`: exponents fitted over several scales, compared with the expected ones
- `judging`: the scenarios of a section with their cases and all their judged expectations
- `csv_tables`: scenarios as tables for scripts

Imports go one way: expectations <- growth <- judging <- csv_tables.
"""
