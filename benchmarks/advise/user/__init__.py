"""The question, the user's steps and files, and processes in which it is safe to execute them.

- `question`: the question, and the terms of the answer
- `user_code`: loads the user's steps; `hidden`: hides this suite's modules from them; `whose_file`: tells files of the
  user from those of packages, of torch, and of this suite
- `forked`: runs a call in a fork
- `side_effects`: files, connections, processes and threads of the steps; `scratch`: the scratch folder
- `silent_writes`: writes in the user's code that make gradients or values wrong without an error
"""
