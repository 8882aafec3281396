"""What the excuses claim, run on the installed torch: a claim that a version breaks is an op to measure."""
