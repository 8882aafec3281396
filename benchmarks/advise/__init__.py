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

- `advise_command`: the command; `by_path`: starts it by the path of a file; `question`: the question, and the terms of
  the answer; `printed_answer`: prints the answer, with `printed_bytes` (bytes and times), `printed_effects` (side
  effects) and `byte_text` (a number of bytes as text)
- `ask`: sends the question to a new process, and has the patch proved in another one; `worker`: that process
- `user_code`: loads the user's steps; `hidden`: hides this suite's modules from them; `whose_file`: tells files of the
  user from those of packages, of torch, and of this suite
- `candidates`: the ways to write a call in place; `rewrite`: edits of source text; `flags`: modules with a flag;
  `optimizer_forms`: options of an optimizer that take fewer bytes
- `inplace_calls`: calls that are in place already, and how to write them out of place; `copied_writes`: judges these
- `watched_steps`: the watched execution, with `trace` (calls of torch), `module_trace` (calls of modules),
  `occurrences` (what is noted per call), `ledger` (which op reads or writes each storage), `storage_parts` (which
  bytes of it), `frames` (the expression that makes a call), `operands` (the operand of a call) and
  `operand_problems` (operands that can never be overwritten)
- `silent_writes`: writes in the user's code that make gradients or values wrong without an error
- `proof`: what the watched execution proves about a site; `static`, `liveness`, `catching`, `aliases`,
  `memory_leaves`, `own_returns`, `unseen_lines`: what the source says about paths that were not executed
- `step_trials`: the trials; `forked`: runs a call in a fork; `living_code`: puts changed source into functions that
  exist; `observe`: all that must stay the same; `birth_order`: the order that gives modules their names; `step_bytes`:
  the bytes of a step; `side_effects`: files, connections, processes and threads; `scratch`: the scratch folder
- `memory_bound`: finds switches that cannot save a byte, without a trial
- `search`: which switches agree with the baseline together, and which save bytes; `settle`: the verdicts that follow;
  `advice`: all these parts in their order
- `peak_places`: where the bytes are at the peak of each step, as given and patched
- `step_times`: the times of a step as given and patched, measured in turns; `timed_process`: a process that is timed
- `decisions`: the lines of the answer; `answer`: the answer as JSON; `patch_text`: the patch
- `stored_advice`: the answer as an ordinary run; `stored_facts`: the facts of that run
"""
