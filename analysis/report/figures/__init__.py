"""The figures, as files for papers and slides: SVG and PNG.

- `plots`: a figure per question about ops that the page answers by a table
- `page_figures`: the figures that the page has too, painted from the page's own panels
- `panels`: the page's units, lines and marks as parts of a figure
- `drawings`: the figures of the report, their order and captions
- `sheets`: spreads the rows of a question over figures
- `axes`: parts that figures share
- `canvas`: the look of every figure file

Imports go one way: canvas <- axes <- sheets, panels <- plots, page_figures <- drawings.
"""
