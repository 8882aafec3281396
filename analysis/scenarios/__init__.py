"""What a run says of scenarios, model-sized pairs: they speak for a practice, never for an op.

- `declared`: what the run declares of them: practice, scales, what the field expects
- `expectations`, `judging`: what is expected beside what was measured: confirmed, contradicted or open
- `growth`: exponents fitted to what was measured at several scales
- `curves`, `growthplot`: growth drawn: in the page, and as files
- `shown`, `sentence`, `tables`: as the report shows them, in a sentence or two, and as tables for scripts
"""
