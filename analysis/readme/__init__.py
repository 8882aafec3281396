"""The numbers in the README files, between markers, and the kept reports: what `python -m analysis readme` writes.

- `markers`: a README file's text with new numbers between its markers
- `quoted`: which stored runs the README files quote
- `number_markers`: markers for one number: a speedup, a memory ratio, a share of cases, a count
- `table_markers`: markers for a table or a sentence
- `advised_markers`: markers for what the advisor printed of a kept step
- `finding_markers`: markers for what was found: programs by version of torch, answers on safety
- `standalone`: a hazard's program as a script of its own; `script_text`: the source text that it is made of
- `catalogue_markers`: markers for what the suite itself prints: counts of its catalogue, presets, a plan on paper
- `rewrite`: updates every README file and the kept reports

Imports go one way: markers <- quoted <- number_markers, table_markers, advised_markers, catalogue_markers <-
finding_markers <- rewrite.
"""
