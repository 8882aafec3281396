"""The report of one or several runs: one HTML page, Markdown, figure files and tables for programs.

- `answer`, `scenario_sentence`, `own_models`, `advised_sentences`: the run in a few sentences
- `phase_words`: how a sentence names each phase
- `gpu_notes`: how a GPU was timed, in sentences
- `tables`: the rows that HTML and Markdown both show, as text
- `palette`, `scales`: the meaning of colours; the place of a ratio on an axis
- `html/`: the page, a file per question; `markdown`: the report for a pull request or a job summary
- `templates/`: what lays them out: `pages/` one per question, `parts/` that several pages have, `markdown/`; the page's
  `styles/` and `scripts/`, joined in the order of their names
- `figures/`: SVG and PNG files for papers and slides; figures of the page too are painted from its panels
- `exports/`: CSV, Parquet, JSON for dashboards
- `op_over_places`: an op over several runs, for a terminal
- `write`: writes all of it to a folder

Imports go one way: palette, scales, phase_words <- exports, tables, own_models, advised_sentences <- scenario_sentence
<- answer <- html <- markdown, op_over_places, figures <- write.
"""
