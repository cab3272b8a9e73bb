"""Layers for which no code can be written."""

from typing import TYPE_CHECKING

from archcalc.errors import Problem
from archcalc.facts import Unsaid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.tracing import TracedLayer


def unwritable(layer: "TracedLayer") -> "Iterator[Problem]":
    """Why a layer cannot be written as code; nothing where it can."""
    unsaid = any(isinstance(read.reach, Unsaid) for reads in layer.facts.reads for read in reads)
    if unsaid or layer.facts.macs is None:
        fact = "what it calculates is not known, so that no code can be written for it"
        yield Problem(layer.place, layer.subject, fact, "put layers of other kinds in its place")
