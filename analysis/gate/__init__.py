"""The gate: a run (HEAD) against a stored one (BASE). What got worse, and is it sure?

- `change`: the states, the limits, and what became of a case and its quantities
- `comparable`: which runs may meet, and in what
- `gated_run`: a run by cases and passes
- `like_with_like`: which times of a GPU's case may meet
- `selection`: which cases of BASE a HEAD of another selection was asked for
- `deterministic`: bytes and failures, which need no test
- `statistics`: two samples in many cases at once: moderated t tests, Holm
- `drift`: times freed of what moved all of them
- `times`, `confirmed_times`: the first look at times, and the second with the suspects' new passes
- `compare`: all of it together
- `confirm`: the suspects measured again, by a run of the suite
- `rows`, `sentences`: a comparison as rows of text, and in sentences
- `terminal`, `ci_files`: printed; as Markdown and JSON
- `command`: the command `compare`

Imports go one way: change, gated_run, statistics, drift, comparable <- like_with_like, selection, deterministic,
times <- confirmed_times <- compare <- rows, sentences, confirm <- terminal, ci_files <- command.
"""
