"""The questions of the safety matrix in a few words, for lists and sentences. Standard library only."""

from benchmarks.autograd.record.safety import QUESTIONS

#: By column, as in QUESTIONS, without the exact check if that makes a question long.
SHORT_QUESTIONS = QUESTIONS | {
    "itself": "with itself as the other operand",
    "view": "on a view",
    "agreement": "gradients against out-of-place in float32, inputs to 100",
    "delicate": "at ties, bounds, repeated positions and zeros",
    "aot_eager_view": "compiled with aot_eager, on views",
    "aot_eager_itself": "compiled with aot_eager, with an operand made of itself",
    "aot_eager_overlapping": "compiled with aot_eager, on a view whose elements overlap",
    "inductor_view": "compiled with inductor, on views",
    "inductor_itself": "compiled with inductor, with an operand made of itself",
    "inductor_overlapping": "compiled with inductor, on a view whose elements overlap",
}
