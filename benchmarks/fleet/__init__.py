"""Many machines measure the shards of one plan, which are merged into one run per kind of machine and torch version.

- `plan_file`: what `fleet.toml` may say, and the shards of such a plan
- `schedule`: which shard is measured where, which is tried again, and which is given up; it starts no process
- `fleet_engine`: what starts shards on machines; `this_machine`: without Ray; `ray_engine`: on a Ray cluster
- `shard_on_node`: what a machine does for one shard: environment, slot, the suite, its files
- `suite_process`: the suite as a process there; `clean_start`: starts it without the settings of a Ray worker
- `kept_shards`: the finished shards on disk, and the runs that are merged from them
- `drive`: the loop that joins these; `live_table`: what the terminal shows during it
- `on_paper`: how long a plan takes on machines that are only counted
- `fleet_command`: the command `fleet`
"""
