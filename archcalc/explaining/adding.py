"""Sums of numbers that have names of their own."""

from typing import TYPE_CHECKING

from archcalc.explaining.deriving import NamedNumbers
from archcalc.sizes.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.explaining.records import Derived

MAX_ADDENDS = 60
"""Of a sum that is written down."""


def added_up(addends: "Mapping[str, int]") -> "Derived | None":
    """The sum of numbers by their names, those that add nothing left out; None: nobody would read it."""
    tape = Tape()
    some = [tape.give(name, number) for name, number in addends.items() if number != 0]
    if len(some) > MAX_ADDENDS:
        return None
    known = NamedNumbers(tape.given.items())
    return known.written(known.term(sum(some)))
