"""The gate: a run against a stored one. What got worse, and is it sure?

- `change`: the states, the limits, and what is known of a case
- `comparable`: which runs may meet, and in what
- `measured`: a run by cases and passes
- `exact`: bytes and failures, which need no test
- `moderated`: two samples in many cases at once: moderated t tests, Holm
- `drift`: times freed of what moved all of them
- `times`, `repeated`: the first look at times, and the second with the suspects' new passes
- `compare`: all of it together
- `confirm`: the suspects measured again, by a run of the suite
- `rows`, `told`, `printed`, `exported`: as rows, as sentences, on the terminal, in files
- `command`: the command

Imports go one way: change <- moderated, drift, comparable, measured, exact <- times <- repeated <- compare <- rows,
told, confirm <- printed, exported <- command.
"""
