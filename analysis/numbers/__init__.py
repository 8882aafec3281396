"""Ratios, intervals, verdicts and bytes from the measurements of one run; frames in, frames out, SI units throughout.

- `case_intervals`: for each case of a table, the interval of its speedup over passes, and its verdict
- `quantities`: the measured quantities, and how each is combined, named, shown and judged
- `byte_relation`: whether in-place needs less, the same or more
- `memory`: the bytes of a case, and which ops need the same
- `gpu`: the host's times of a GPU's cases, and how they were timed
- `felt`: the time and speedup that a user of a GPU waits for, per case
- `gpu_text`: how a GPU was timed, in words
- `ratios`: joins the two variants of a case: the case table, a row per case
- `case_row`: the columns of that table, typed, for reading it row by row
- `timelines`: live bytes over a scenario's call
- `agreement`: how closely a case's variants agree
- `remarks`: what to know about a case's numbers, in words
- `verified`: cases whose variants were not compared
- `plain`: which cases represent their op, and labels for the rest
- `sizes`: sizes grouped to the nearest common one
- `geomeans`: which cases may share a headline, and geomeans by family, phase or size
- `effects`: what the other axes change: each case against the same one at its plain value

Imports go one way: quantities <- memory; agreement, case_intervals, memory <- gpu <- felt <- ratios; case_row,
plain, quantities, sizes, verified <- geomeans <- effects.
"""
