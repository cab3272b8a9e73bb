"""The text of a program: its layers as the data of a spec, and where each entry comes from."""

from archcalc.importing.structure.structuring import Structured, structured

__all__ = ["Structured", "structured"]
