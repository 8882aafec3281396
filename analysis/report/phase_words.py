"""Where a sentence says a case was measured: the words of each phase."""

#: In the order in which sentences say them: whole steps before their halves.
PHASE_WORDS = {
    "inference": "without autograd",
    "step": "in a training step",
    "forward": "in forward",
    "backward": "in backward",
}
