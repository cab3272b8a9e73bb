"""Entries that are built more than once, by repeats, blocks and aliases: what holds for all their layers."""

from collections import Counter
from typing import TYPE_CHECKING

from archcalc.rules.entries import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.rules.language import Context, TracedLayer


def always(context: "Context", found: "Sequence[TracedLayer]") -> "Iterator[TracedLayer]":
    """Those layers whose entry is built into none that is not among them: it does its work nowhere."""
    times = Counter(place_of(layer.origin) for layer in found)
    for layer in found:
        place = place_of(layer.origin)
        if times[place] == context.built[place]:
            yield layer
