"""Op cards: everything known of one op, under its name.

- `card`: the data of a card
- `advice`: the advice on its in-place variant: use it, do not bother, never
- `repeat`: the commands that measure it again
- `gather`: makes the cards of all ops of a section
- `show`: a card as text for a terminal

Imports go one way: card <- advice, repeat <- gather; card <- show.
"""
