"""Many machines measure the shards of one plan: they are merged into one run per kind of machine and torch version.

- `plan_file`: what `fleet.toml` may say, and the shards that it means
- `schedule`: which shard is measured where, after which failure again, and when it is given up; without processes
- `fleet_engine`: what starts shards on machines; `this_machine`: without Ray; `ray_engine`: on a Ray cluster
- `shard_on_node`: what a machine does for one shard: environment, slot, the suite, its files
- `suite_process`: the suite as a process there; `clean_start`: begins it without what Ray left in it
- `kept_shards`: the finished shards on disk, and the runs merged of them
- `drive`: the loop that joins these; `live_table`: what the terminal shows meanwhile
- `on_paper`: how long a plan takes on machines that are only counted
- `fleet_command`: the command `fleet`
"""
