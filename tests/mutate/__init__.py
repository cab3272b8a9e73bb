"""Wrong formulas and reads, put in one at a time, that the tests must notice: ``python -m tests.mutate``."""
