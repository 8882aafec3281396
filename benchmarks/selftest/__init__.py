"""The instrument measured: pairs whose truth is known, put through the ordinary runs, and what came out.

`same`, `planted` and `known_bytes` are pair files like a user's; `peers` asks other tools; `figures` counts.
"""
