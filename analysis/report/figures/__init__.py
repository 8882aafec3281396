"""The figures, as files for papers and slides: SVG and PNG.

- `plots`, `multiples`: one function a question
- `drawings`: which figures the report has, in what order, and what to read off each
- `sheets`: how the rows of a question are spread over figures
- `axes`: parts that figures share
- `canvas`: the look of every figure file

Imports go one way: canvas <- axes <- sheets <- plots, multiples <- drawings. The scenarios' own figure is
`scenarios.growthplot`, drawn on the same canvas.
"""
