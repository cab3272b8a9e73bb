"""Entries that are built more than once, by repeats, blocks and aliases: what holds for all their layers."""

from collections import Counter
from typing import TYPE_CHECKING

from archcalc.rules.entries import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archcalc.errors import Place
    from archcalc.rules.language import Context, TracedLayer


def always(context: "Context", found: "Sequence[TracedLayer]") -> "Iterator[TracedLayer]":
    """Those layers whose entry is built into none that is not among them: it does its work nowhere."""
    times: Counter[Place] = Counter()
    for layer in found:
        times[place_of(layer.origin)] += context.times(layer.name)
    for layer in found:
        place = place_of(layer.origin)
        if times[place] == context.built[place]:
            yield layer


def idle(context: "Context", argument: "Callable[[TracedLayer], bool | None]") -> "Iterator[TracedLayer]":
    """Layers with an argument that does nothing, in whatever its entry is built into.

    Args:
        context: the network.
        argument: whether a layer's argument does something; None: it is not there, or off.
    """
    states = [(layer, argument(layer)) for layer in context.layers]
    needed = {place_of(layer.origin) for layer, works in states if works}
    for layer, works in states:
        if works is False and place_of(layer.origin) not in needed:
            yield layer
