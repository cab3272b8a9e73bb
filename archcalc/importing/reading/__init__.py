"""From what a run of a torch module saw to the steps of a network: one translator for every call that is known."""

from archcalc.importing.reading.program import read

__all__ = ["read"]
