"""The gate: a run (HEAD) compared with a stored one (BASE). What got worse, and how sure is that?

- `change`: the states, the limits, and the changes of a case and of its quantities
- `comparable`: which runs may be compared, and in what
- `gated_run`: a run, by cases and passes
- `like_with_like`: which times of a GPU's case may be compared
- `selection`: which cases of BASE belong to HEAD's own selection
- `deterministic`: bytes and failures, which need no test
- `statistics`: two samples compared in many cases at once: moderated tests of trimmed means, Holm
- `drift`: takes the shift that all times share off them
- `times`, `confirmed_times`: the first look at times, and the second with the suspects' new passes
- `advised_lines`: which lines of the user's own code changed the peak of a step
- `compare`: compares two runs, with all of these
- `confirm`: measures the suspects again, by a run of the suite
- `rows`, `sentences`: a comparison as rows of text, and in sentences
- `terminal`, `ci_files`: a comparison printed, and as Markdown and JSON
- `command`: the command `compare`

Imports go one way: change, gated_run, statistics, drift, comparable <- like_with_like, selection, deterministic,
times, advised_lines <- confirmed_times <- compare <- rows, sentences <- confirm, terminal, ci_files <- command.
"""
