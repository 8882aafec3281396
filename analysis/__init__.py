"""Everything that runs without torch: stored runs -> numbers -> text, figures and a report.

- `load`: a stored run as one tidy frame, a row a measurement; refuses what it cannot read
- `facts`, `walltime`: what `run.json` says of the run and its machine, read without trust; where its time went
- `intervals`: the sign-test interval of a speedup, and the verdict it allows
- `memory`: the bytes of a case, and which ops need the same
- `ratios`: the two variants of a case joined: a row a case, the columns of the contract and a few more
- `plain`, `sizes`: which cases speak for their op, and by which name the others go; which sizes are told apart
- `geomeans`: which cases may share a headline, and geomeans by family, phase or size
- `effects`: what the other axes change, each case beside the very same one at its plain value
- `coverage`: which in-place names the suite measures, excuses or misses, as the run tells it
- `truth`: what is stored of claims, hazards and the safety matrix, and which of it speaks of a run
- `safety`, `findings`: the matrix, and claims and hazards, as text and as tables
- `answer`: the run in two or three sentences
- `tables`: numbers -> text; the only place where a unit is scaled
- `canvas`, `axes`, `sheets`: one palette; parts that figures share; how rows are spread over figures
- `plots`, `multiples`, `drawings`: one function a question; which figures the report has, and how to read them
- `gate/`: a run against a stored one: what got worse
- `page`, `casetable`, `report`, `templates/`: what the report shows as text, and the files it is written to
- `__main__`: the commands

Imports go one way: tables <- load, facts <- intervals, memory <- ratios <- plain, sizes <- geomeans <- effects, answer,
plots <- page <- report <- __main__; facts <- truth <- safety, findings <- report. Of `benchmarks`, nothing is imported
but `benchmarks.record` and the stored rows of `benchmarks.autograd`, none of which needs torch.
"""
