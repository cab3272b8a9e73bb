"""Sizes that remember: ints that keep how they were calculated, so that one trace tells all others like it.

``remembering.remembered`` traces a network on such sizes. Of every number in it one may ask the value at
other sizes (``Remembered.at``, ``replay.At``, of arrays ``replay.Over``), the formula with its numbers in it
(``formula.formula``) or in names (``symbols.symbolic``), and where all of that holds (``symbols.where``).
What cannot be followed is taken at its value, and said so: it holds there alone. ``pieces.Pieces`` asks again
where an answer does not hold.
"""
