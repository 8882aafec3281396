"""Everything that runs without torch: stored runs -> numbers -> text, figures and a report.

- `run/`: a stored run as a tidy frame, and what its `run.json` says; refuses what it cannot read
- `numbers/`: speedups, intervals, verdicts, bytes, geomeans, effects of the other axes
- `section`: one run on one device, and the values that several parts of a report share
- `units`: numbers -> text; the only place where a unit is scaled; `escaping`: text that Markdown shows as it is
- `output_file`: writes a file of a report or of a comparison
- `scenarios/`: scenarios: expectations checked against measurements, growth with scale
- `right/`: correctness: claims, hazards and the safety matrix
- `cards/`: op cards: everything known of one op, with advice
- `across/`: several runs side by side: what differs between versions, machines and devices, and what changed
- `report/`: the answer, HTML, Markdown, figures, tables for programs
- `gate/`: a run against a baseline: what got better or worse, and the confirmation of an alarm
- `readme/`: the numbers in the README files, written from stored runs
- `dataset/`: many runs as Parquet files, and one page of a fleet
- `pack`: kept runs and findings in fewer bytes
- `cli`, `__main__`: the commands

Imports go one way: units, escaping <- output_file <- run <- numbers <- section, gate <- scenarios, right <- cards <-
across <- report <- readme, pack, dataset <- cli <- __main__. Of `benchmarks` only the stored formats
(`benchmarks.record`, `benchmarks.autograd.record`) and `benchmarks.entry` are imported: none of them needs torch.
"""
