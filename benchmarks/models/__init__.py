"""Architectures that scenarios build, at their published sizes, with in-place ops switched by arguments."""
