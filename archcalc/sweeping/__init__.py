"""Sweeps: all combinations of values of a network's variables and sizes, and what was asked of each.

``space`` numbers the candidates. ``asking`` traces one of them on sizes that remember, ``answering`` gives
its answer to all others that it holds for, by arrays, and has the rest asked anew; so an error is told with
each candidate's own numbers too. ``running`` hands out parts and takes them back in order, to ``journal``,
which writes them so that an interrupted sweep goes on.
"""
