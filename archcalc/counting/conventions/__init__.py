"""How other tools count: each convention is a table of prices over the named work of layers.

The tables say what a tool prints, not what is right: which operations it sees, and what it asks for each.
They follow the tools' sources and the figures measured with them (``tests/counting``).
"""
