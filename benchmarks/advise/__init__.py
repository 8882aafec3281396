"""A user's own step: which in-place ops to switch in it, found, proved and measured; see README.md.

- `advise_command`: the command; `by_path`: the same, by the path of a file; `printed`: the answer in words, with
  `printed_bytes`: its bytes and times, `printed_effects`: its side effects, and `byte_text`; `question`: what is
  asked, and the terms of the answer
- `ask`: the question put to a process of its own, the patch proved in another; `worker`: that process
- `user_code`: the user's steps, loaded; `hidden`: our own modules out of their sight; `whose_file`: whose a file is
- `candidates`: what could be written in place of a call; `rewrite`: how its text changes; `flags`: modules' flags;
  `optimizer_forms`: other forms of an optimizer's update, and gradients let go
- `inplace_calls`: what is in place already, and how it is written out of place; `copied_writes`: that judged
- `watched_steps`: the traced execution: `trace` sees calls of torch, `module_trace` calls of modules, `occurrences`
  what is noted of them; `ledger`: who reads and writes each storage, `storage_parts`: and which bytes of it;
  `frames`: where a call comes from; `operands`: which value is written; `operand_problems`: what forbids that at once
- `silent_writes`: the user's own writes that make gradients or values wrong
- `proof`: what the trace proves of a site; `static`, `liveness`, `catching`, `aliases`, `memory_leaves`, `own_returns`,
  `unseen_lines`: what the source says beyond what was executed
- `step_trials`: the steps executed with some switches; `forked`: in a fork; `living_code`: changed source in living
  functions; `observe`: all that must be the same; `birth_order`: by which modules are named; `step_bytes`: the bytes;
  `side_effects`: files that the steps write, what they start; `scratch`: a folder for what they write
- `memory_bound`: what can be part of no saving, without a trial
- `search`: which switches hold together, and save; `settle`: the verdicts after that; `advice`: from baseline to what
  to do
- `peak_places`: where the bytes are at the peak of each step, as given and as patched
- `step_times`: the times of both, by processes that take turns; `timed_process`: one of these
- `decisions`, `answer`, `patch_text`: the lines of the answer; its JSON; the patch
- `stored_advice`: the answer as an ordinary run; `stored_facts`: its facts
"""
