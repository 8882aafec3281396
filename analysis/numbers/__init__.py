"""What the measurements of one run come to; frames in, frames out, SI units throughout.

- `case_intervals`: the interval of a speedup over passes, and its verdict, of a table's cases
- `quantities`: the measured quantities, and how each is combined, named, shown and judged
- `byte_relation`: whether in-place needs less, the same or more
- `memory`: the bytes of a case, and which ops need the same
- `gpu`: of a GPU the host's times beside the device's, and how it was timed
- `felt`: which of the two a user feels, case by case
- `gpu_text`: the same in words
- `ratios`: the two variants of a case joined: the case table, a row per case
- `case_row`: the columns of that table, for who reads it row by row
- `timelines`: live bytes over a scenario's call
- `agreement`: how far a case's variants agree
- `remarks`: what is to be known of a case's numbers, in words
- `verified`: cases of which nobody compared what the variants do
- `plain`: which cases represent their op, and labels for the rest
- `sizes`: sizes grouped to the nearest common one
- `geomeans`: which cases may share a headline, and geomeans by family, phase or size
- `effects`: what the other axes change, each case beside the same one at its plain value

Imports go one way: quantities <- memory; agreement, case_intervals, memory <- gpu <- felt <- ratios; case_row,
plain, quantities, sizes, verified <- geomeans <- effects.
"""
