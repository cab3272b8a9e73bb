"""Wanted sizes: which value of a variable, of an input's size or of a layer's argument gives what is wanted.

``varying`` puts a number into a network. ``asking`` asks it on a size that remembers, so that one trace tells
the figures, or the refusal, at all sizes like it. ``wants`` reads what is wanted, ``searching`` tries values,
``solution`` picks those on either side and traces each of them anew, ``refusing`` says why others are none.
``congruences`` reads valid sizes off the conditions of a tape, ``valid_sizes`` puts them together.
``one_layer`` makes a network of a layer. ``formulas`` tells a network in the names of its sizes.
"""
