"""From options and presets to the cases of a run.

- `options`: every option: one table for `python -m benchmarks run` and for pytest, and what its text means
- `presets`: `smoke`, `quick`, `full`: axis values and time as data, each with its reason
- `looks`: after how many passes a case with a narrow interval leaves a run
- `axes`: pairs crossed with axis values: the cases
- `case_file`: cases listed in a file, to measure exactly these again
- `estimate`: how long a run takes on a GPU
- `shards`: which part of a run's cases a shard measures
- `preset_table`: the presets as text
- `plan`: all of it in order: option texts in, settings, pairs and cases out
"""
