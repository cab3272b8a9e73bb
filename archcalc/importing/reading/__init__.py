"""From what a run of a torch module saw to the steps of a network, a translator for every call."""

from archcalc.importing.reading.program import program_of

__all__ = ["program_of"]
