"""What the repository keeps in `results/reference/`: which parts are stale, and how each is measured again.

- `reference_parts`: the table of parts
- `staleness`: whether what is kept is stale, and why; a decision without files
- `reference_kept`: what is kept of a part, read from its files
- `reference_declared`: what the suite declares of a part now
- `part_states`: each part's state; `part_table`: as a table
- `reference_steps`: measures a part by the suite's own commands, and keeps the result
- `reference_pages`: the report, its picture and the numbers in README files
- `reference_command`: the command `reference`
"""
