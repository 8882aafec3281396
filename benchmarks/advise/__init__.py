"""The advisor: find, prove and measure which in-place ops to switch in a user's own step; see README.md.

Terms:

- *step*: a callable of the user, without arguments, that does once what their loop does; one call is an *execution*
- *site*: an expression in the user's source where an op could be in place, or already is
- *switch*: one change of a site: a `Candidate` (write the call in place), an `OutOfPlace` (write a call out of place
  that is in place now), a `FlagSwitch` (the `inplace` flag of modules), an `OptimizerSwitch`
- *operand*: the tensor that a call in place overwrites; *storage*: its memory; *part*: the bytes of a tensor in it
- *trial*: all steps, executed in a fork with some switches applied; *baseline*: the trial without a switch
- *watched execution*: one in which each op, each call of torch and each line of the user's code is recorded
- *clock*: the number of ops that were recorded so far; a *moment* is a value of the clock
- *finding*: what the watched execution and the source say about one switch
- *option*: a switch with its finding and its verdict; *decision*: one line of the answer

Modules:

- `advise_command`: the command; `by_path`: starts it by the path of a file
- `ask`: sends the question to a new process, and has the patch proved in another one; `worker`: that process;
  `built_steps`: how its trials get the steps, inherited by a fork or built in it

Rooms, each of which imports from those above it only:

- `user/`: the question, the user's steps and files, and processes in which it is safe to execute them
- `source/`: what the user's source says, and how it is changed
- `trials/`: executions of the steps with some switches: what must stay the same, bytes, times
- `switches/`: what can be switched, found in the source and in living modules
- `watch/`: the watched execution
- `verdicts/`: what is proved about each switch, and what to do
- `answers/`: the answer in words, as JSON, as a patch, as a run
"""
