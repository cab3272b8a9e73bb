"""A size that is written and is not the one that arrives."""

from typing import TYPE_CHECKING

from archcalc.cures.changes import Cure, SetKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused


def other_sizes(_: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The size that arrives, in the place of the one that is written."""
    unequal = refused.fault.unequal
    if unequal is not None:
        yield Cure((SetKey(refused.origin, unequal.key, str(unequal.arriving)),))
