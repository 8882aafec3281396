"""The figures, as files for papers and slides: SVG and PNG.

- `plots`, `multiples`: a function per question about ops
- `growth_drawings`: cost of scenarios against their scale
- `drawings`: the figures of the report, their order and captions
- `sheets`: spreads the rows of a question over figures
- `axes`: parts that figures share
- `canvas`: the look of every figure file

Imports go one way: canvas <- axes <- sheets <- plots, multiples, growth_drawings <- drawings.
"""
