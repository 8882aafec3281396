"""The figures, as files for papers and slides: SVG and PNG.

- `plots`, `multiples`: a function per question about ops
- `growth_drawings`: cost of scenarios against their scale
- `drawings`: which figures of ops the report has, in what order, and what to read off each
- `sheets`: how the rows of a question are spread over figures
- `axes`: parts that figures share
- `canvas`: the look of every figure file

Imports go one way: canvas <- axes <- sheets <- plots, multiples, growth_drawings <- drawings.
"""
