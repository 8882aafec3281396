"""The analysis on invented runs whose case names are the expected answers."""
