"""Several runs side by side, over the axes torch version, machine and device: what differs, and what changed.

Times of two runs are compared only as ratios, within one machine, by the statistics of the gate; bytes and findings
exactly, wherever they were measured. The order in which runs are named changes nothing.

- `places`: where each section was measured: its values on the three axes
- `place_steps`: which two sections are compared: from one version, machine or device to the next
- `place_change`: one thing that changed, and the kinds of it
- `release_notes`: what upstream says about changes that the stored runs show
- `matched_cases`: the cases of a section by a key that holds on any machine and device
- `case_changes`: cases of two sections: verdicts, speedups, times, bytes, and whether they still work
- `expectation_changes`: expectations of scenarios whose outcome reversed
- `finding_changes`: the safety matrix, hazards and claims of two places
- `callers`: which scenarios call an op in place
- `side_by_side`: all of it for the runs of a report
- `across_sentences`: what differs, and how much changed, in sentences
- `place_numbers`: a row of numbers per place, over the cases that all places have
- `change_lists`: changes as rows of text, folded to one per op
- `changes_table`: `tables/changes.csv`
- `halves`: the passes of one run split in two: every change between the halves is false
- `halves_command`: the command `halves`

Imports go one way: places <- place_steps; release_notes <- place_change; place_change, matched_cases <- case_changes,
expectation_changes, finding_changes, callers <- side_by_side <- across_sentences, place_numbers, change_lists,
changes_table, halves <- halves_command.
"""
