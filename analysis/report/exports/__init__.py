"""What other programs read: tables as CSV and Parquet with every column documented, and JSON for dashboards.

- `column`, `measured`, `found`, `columns`: every column of every table, its unit and meaning; `tables/COLUMNS.md`
- `frames`: the tables
- `dashboards`: github-action-benchmark's and Bencher's formats
- `files`: all of it as files
"""
