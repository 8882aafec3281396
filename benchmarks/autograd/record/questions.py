"""The questions of the safety matrix in a few words: for lists and sentences. Standard library only."""

from benchmarks.autograd.record.safety import QUESTIONS

#: By column, as QUESTIONS: without what exactly is checked, where that makes a question long.
SHORT_QUESTIONS = QUESTIONS | {
    "itself": "with itself as the other operand",
    "view": "on a view",
    "agreement": "gradients against out-of-place in float32, inputs to 100",
}
