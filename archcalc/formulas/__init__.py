"""The formulas: plain arithmetic on numbers, one short documented function each, with its source.

Nothing here knows of torch, pydantic or printing, and nothing here refuses a result: the one caller
that uses a number judges it.
"""
