"""A convention of counting: the table of its prices, and what it says of itself."""

from dataclasses import field
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Literal

from archcalc.counting.conventions.prices import unseen
from archcalc.records import dataclass
from archcalc.tracing.graph import scopes_around

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.counting.conventions.prices import Price, Prices
    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.graph import TracedScope

    Factor = Callable[[TracedScope], int]
    """How often a tool counts what is in a container."""

DIGITS = "0123456789"
"""``string`` has them too, among much else."""
CALLS_FUNCTIONS = ("TransformerEncoderLayer", "TransformerDecoderLayer")
"""Containers that are one module in torch, and call what has no weights in them as a function."""


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
        in_scopes: why what is in these has another number.
        per_mac: what it counts for a multiply-accumulate: 1, or 2 where it prints FLOPs.
        functions: kind -> its price where a module of torch calls it as a function, which hooks on modules do
            not see; None: the tool does not look at modules.
        reasons: kind -> why its number is another one than that of the linear algebra.
        params: a tensor that layers share counts once, or for each of them.
    """

    name: str
    tool: str
    counts: str
    prices: "Prices"
    others: "Price" = unseen
    scopes: "Mapping[str, Factor]" = field(default_factory=dict[str, "Factor"])
    in_scopes: str = ""
    per_mac: int = 1
    functions: "Prices | None" = None
    reasons: "Mapping[str, str]" = field(default_factory=dict[str, str])
    params: "Literal['once', 'each'] | None" = None

    def parameters(self, trace: "Trace") -> int | None:
        """Parameters as the tool counts them; None: it prints none, or nobody measured them."""
        if self.params is None:
            return None
        shapes = (
            shape
            for layer in trace.layers
            for name, shape in layer.facts.weights.items()
            if self.params == "each" or name not in layer.tied
        )
        return sum(map(prod, shapes))

    def of(self, trace: "Trace", layer: "TracedLayer") -> int | None:
        """What the tool prints for a layer of a network."""
        if self.functions is not None and is_inside(trace, layer):
            return 0
        if self.functions is not None and is_function(trace, layer):
            return self.functions.get(layer.type, unseen)(layer)
        return self.of_module(trace, layer)

    def of_module(self, trace: "Trace", layer: "TracedLayer") -> int | None:
        """The same of a layer that is known to be a module, or of any where the tool does not look."""
        price = self.prices.get(layer.type, self.others)(layer)
        return None if price is None else self._factor(trace, layer) * price

    def _factor(self, trace: "Trace", layer: "TracedLayer") -> int:
        """How often what is in the containers around a layer counts."""
        if not self.scopes:
            return 1
        names = scopes_around(layer.name)
        around = ((name, trace.scopes.get(name, "")) for name in names)
        return prod(self.scopes[kind](trace.scope(name)) for name, kind in around if kind in self.scopes)

    def macs(self, trace: "Trace", layer: "TracedLayer") -> Fraction | None:
        """The same in multiply-accumulates."""
        found = self.of(trace, layer)
        return None if found is None else Fraction(found, self.per_mac)

    def why(self, trace: "Trace", layer: "TracedLayer") -> str:
        """Why the tool's number of a layer is not that of the linear algebra."""
        if self.functions is not None and is_inside(trace, layer):
            return FUNCTION
        if self.functions is not None and is_function(trace, layer):
            return FUNCTION_SEEN if layer.type in self.functions else FUNCTION
        if self._factor(trace, layer) != 1:
            return self.in_scopes
        return self.reasons.get(layer.type, self.reasons.get("", ""))


FUNCTION = "a function: hooks see modules alone"
FUNCTION_SEEN = "a patched function: an operation per number that is read"


def is_function(trace: "Trace", layer: "TracedLayer") -> bool:
    """Whether a torch module that was read has no module of this layer, but calls a function.

    A module that is called more than once has its name the first time, and numbers behind it later. In a spec
    nobody can say: every layer is taken for a module.
    """
    document = layer.origin.document
    if layer.call is None and document.python is None and not document.file.endswith(".py"):
        return False  # a spec, of which the place need not be looked for
    if not layer.place.file.endswith(".py") or layer.origin.written("name") is not None:
        return False
    before = trace.by_name.get(layer.name.rstrip(DIGITS).removesuffix("_"))
    called = before is not None and before.origin.written("name") is not None
    return not (called and before is not None and (before.type, before.place) == (layer.type, layer.place))


def is_inside(trace: "Trace", layer: "TracedLayer") -> bool:
    """Whether a module of torch calls a function here that it holds, which no tool patches."""
    if layer.facts.weights or "." not in layer.name:
        return False
    return any(trace.scopes.get(scope, "") in CALLS_FUNCTIONS for scope in scopes_around(layer.name))
