"""Sizes that remember: ints that keep how they were calculated, so that one trace tells all others like it.

``remembered`` traces a network on such sizes. Of every number in it one may ask the value at other sizes
(``Remembered.at``, ``Tape.at``), the formula (``written``, ``Tape.text``), and where all of that holds
(``Tape.conditions``). What cannot be followed is taken at its value, and said so: it holds there alone.
"""
