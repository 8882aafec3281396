"""Files for other programs: tables as CSV and Parquet with every column documented, and JSON for dashboards.

- `schema`: a column, a table, and the columns that several tables have
- `case_columns`, `scenario_columns`, `correctness_columns`, `change_columns`: every column of every table, its unit and
  meaning
- `advised_columns`: the same of the advisor's answers, and their rows
- `all_columns`: all tables by name; `tables/COLUMNS.md`
- `frames`: the tables as frames
- `csv_text`: a frame as CSV without anything that a spreadsheet reads as a formula
- `dashboards`: the formats of github-action-benchmark and Bencher
- `files`: makes all files

Imports go one way: schema <- case_columns, scenario_columns, correctness_columns, change_columns, advised_columns <-
all_columns <- frames <- files.
"""
