"""The watched execution: each op, each call of torch and each line of the user's code is recorded.

- `trace`: calls of torch; `module_trace`: calls of modules; `occurrences`: what is noted per call
- `survivors`: who keeps an operand after the step
- `custom_functions`: whether a call runs within a custom autograd function
- `ledger`: which op reads or writes each storage; `storage_parts`: which bytes of it; `storages`: of which tensors
- `node_makers`: which call made each backward node
"""
