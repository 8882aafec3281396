"""Is it right: what the two variants of a pair promise, held against what they do."""
