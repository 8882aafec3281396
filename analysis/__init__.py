"""Everything that runs without torch: stored runs -> numbers -> text, figures and a report.

What a run says:
- `load`: a stored run as one tidy frame, a row a measurement; refuses what it cannot read
- `facts`, `walltime`: what `run.json` says of the run and its machine, read without trust; where its time went
- `coverage`: which in-place names the suite measures, excuses or misses, as the run tells it

What its numbers come to:
- `intervals`: the sign-test interval of a speedup, and the verdict it allows
- `memory`: the bytes of a case, and which ops need the same
- `ratios`: the two variants of a case joined: a row a case, the columns of the contract and a few more
- `plain`, `sizes`: which cases speak for their op, and by which name the others go; which sizes are told apart
- `geomeans`: which cases may share a headline, and geomeans by family, phase or size
- `effects`: what the other axes change, each case beside the very same one at its plain value

A room a subject:
- `right/`: claims, hazards and the safety matrix
- `scenarios/`: model-sized pairs: what a run declares of them, expectations judged, growth fitted and drawn
- `cards/`: all that is known of one op, with what to do about it
- `gate/`: a run against a baseline: what got better or worse, and the confirmation of an alarm

How it is told:
- `answer`: the run in two or three sentences
- `tables`: numbers -> text; the only place where a unit is scaled
- `palette`, `scales`: what a colour says; where a ratio lies on an axis
- `figures/`: SVG and PNG, one function a question
- `exports/`: CSV and Parquet with documented columns, JSON for dashboards
- `page`, `html/`, `templates/`: tables as text; the HTML report, a file a question; how both reports are laid out
- `markdown`: the report for a pull request or a job summary
- `report`: the files it is written to
- `__main__`: the commands

Imports go one way: tables <- load, facts <- intervals, memory <- ratios <- plain, sizes, scenarios.declared <- geomeans
<- effects, right, figures <- scenarios <- cards, answer, page, exports <- html <- markdown <- report <- __main__; the
gate takes no more than ratios and markdown's text. Of `benchmarks`, nothing is imported but what is stored: `record`,
`folder` and the rows of `benchmarks.autograd`, none of which needs torch.
"""
