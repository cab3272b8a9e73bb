"""A convention of counting: the table of its prices, and what it says of itself."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.counting.conventions.prices import unseen
from archcalc.tracing.graph import scopes_around

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.counting.conventions.prices import Price, Prices
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class Convention:
    """How a tool counts.

    Args:
        name: what it is called here.
        tool: the tool with its version, as measured.
        counts: what it counts, in words, and what not.
        prices: kind -> its price, in what the tool prints.
        others: the price of all other kinds.
        scopes: type of a container -> how often the tool counts what is in it.
        per_mac: what it counts for a multiply-accumulate: 1, or 2 where it prints FLOPs.
        functions: kind -> its price where a torch module that was read calls it as a function, which hooks on
            modules do not see; None: the tool does not look at modules.
        reasons: kind -> why its number is another one than that of the linear algebra.
    """

    name: str
    tool: str
    counts: str
    prices: "Prices"
    others: "Price" = unseen
    scopes: "Mapping[str, int]" = field(default_factory=dict[str, int])
    per_mac: int = 1
    functions: "Prices | None" = None
    reasons: "Mapping[str, str]" = field(default_factory=dict[str, str])

    def of(self, trace: "Trace", layer: "TracedLayer") -> int | None:
        """What the tool prints for a layer of a network."""
        if self.functions is not None and is_function(layer):
            return self.functions.get(layer.type, unseen)(layer)
        price = self.prices.get(layer.type, self.others)(layer)
        if price is None:
            return None
        for scope in scopes_around(layer.name):
            price *= self.scopes.get(trace.scope(scope).type, 1)
        return price

    def macs(self, trace: "Trace", layer: "TracedLayer") -> Fraction | None:
        """The same in multiply-accumulates."""
        found = self.of(trace, layer)
        return None if found is None else Fraction(found, self.per_mac)

    def why(self, layer: "TracedLayer") -> str:
        """Why the tool's number of a layer is not that of the linear algebra."""
        if self.functions is not None and is_function(layer):
            return "a function: hooks see modules alone"
        return self.reasons.get(layer.type, self.reasons.get("", ""))


def is_function(layer: "TracedLayer") -> bool:
    """Whether a torch module that was read has no module of this layer, but calls a function.

    In a spec nobody can say: every layer is taken for a module.
    """
    return layer.place.file.endswith(".py") and layer.origin.written("name") is None
