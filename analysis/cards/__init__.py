"""All that is known of one op, brought together under its name.

- `card`: the data of a card
- `advice`: use it, do not bother, never
- `repeat`: the commands that measure it once more
- `gather`: the cards of all ops of a section
- `show`: a card as text for a terminal

Imports go one way: card <- advice, repeat <- gather; card <- show.
"""
