"""Many stored runs as columns, and one page of a fleet. It has too many runs for a report, which reads whole journals.

- `parquet_runs`: a Parquet file per run, a row per case; written once, read run by run
- `changed_cases`: what changed in the cases of two versions
- `version_grid`: numbers per version of torch on each kind of machine and device, and what changed between versions
- `grid_rows`: these numbers as rows of text and as tables
- `grid_page`: the page `fleet.html` and its tables
- `dataset_command`: the command `dataset`

At no time are more than two runs in memory. Imports go one way: parquet_runs <- changed_cases <- version_grid
<- grid_rows <- grid_page <- dataset_command.
"""
