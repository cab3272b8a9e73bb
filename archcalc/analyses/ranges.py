"""The smallest and largest number that layers can give: from activations, merges and pools before them."""

from math import inf
from typing import TYPE_CHECKING

from archcalc.layers.mathematics import ANYTHING
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.layers.mathematics import Ends
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class Range:
    """All numbers of a tensor lie from ``low`` to ``high``, in training and at inference.

    Args:
        low: minus infinity where nothing is known.
        high: infinity where nothing is known.
        by: the layer that sees to it, an activation or a merge; None where nothing is known.
    """

    low: float = -inf
    high: float = inf
    by: "TracedLayer | None" = None

    @property
    def ends(self) -> "Ends":
        """Both."""
        return self.low, self.high

    def within(self, low: float, high: float) -> bool:
        """Whether every number lies from ``low`` to ``high``."""
        return low <= self.low and self.high <= high


ANY = Range()


def ranges(trace: "Trace") -> "Mapping[str, Range]":
    """The range of every layer, by its name."""
    found: dict[str, Range] = {}
    for layer in trace.layers:
        read = [found.get(port.layer, ANY) for port in layer.inputs]
        low, high = layer.arguments.image(*(each.ends for each in read)) if read else ANYTHING
        if not -inf <= low <= high <= inf or (low, high) == ANYTHING:
            continue  # nothing known; a slope that is no number says nothing either
        handed_on = layer.arguments.passes is not None or layer.arguments.drops
        found[layer.name] = Range(low, high, read[0].by if handed_on else layer)
    return found
