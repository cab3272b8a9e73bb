"""To what a gradient goes: all between weights that are trained and outputs that are judged."""

from functools import cached_property
from typing import TYPE_CHECKING

from archcalc.footprint.held import full_names, untrained
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Port

OutputKey = tuple[str, str]
"""A layer (or input) and an output of it."""
NONE: tuple[str, ...] = ()


@dataclass(frozen=True)
class GradientFlow:
    """What gets a gradient in the backward pass.

    Args:
        network: the network.
        tensors: layer (or input) and output.
        learning: layer -> own names of its weights that get one; where none does it is left out.
    """

    network: "Trace"
    tensors: "AbstractSet[OutputKey]"
    learning: "Mapping[str, tuple[str, ...]]"

    @cached_property
    def weights(self) -> frozenset[str]:
        """Full names of weights."""
        return frozenset(
            full
            for layer in self.network.layers
            for full in full_names(layer, self.learning.get(layer.name, NONE))
        )

    def reaches(self, layer: "TracedLayer") -> bool:
        """Whether the backward pass goes through a layer."""
        return _makes(layer, self.tensors)

    def passes(self, layer: "TracedLayer", port: "Port") -> bool:
        """Whether a layer hands one on to this of its inputs."""
        return self.reaches(layer) and (port.layer, port.output) in self.tensors

    def trains(self, layer: "TracedLayer") -> bool:
        """Whether a weight of a layer gets one."""
        return layer.name in self.learning

    def learns(self, layer: "TracedLayer") -> bool:
        """Whether one goes to a weight that is multiplied: a bias needs nothing of the input for its own."""
        weights, own = layer.facts.weights.keys(), self.learning.get(layer.name, NONE)
        if len(own) in (0, len(weights)):
            return bool(own)
        products = (work.weights for work in layer.facts.work if work.sort == "product")
        multiplied = {own for names in products for own in names} & weights
        return not (multiplied or weights).isdisjoint(own)

    def fixed(self, layer: "TracedLayer") -> tuple[str, ...]:
        """Own names of the weights of a layer that get none."""
        weights, own = layer.facts.weights, self.learning.get(layer.name, NONE)
        return NONE if len(own) == len(weights) else tuple(name for name in weights if name not in own)


def gradient_flow(trace: "Trace", entering: "frozenset[str]" = frozenset()) -> GradientFlow:
    """Follow gradients through a network, from all of its outputs.

    One that is of whole numbers has none; what it is made of is taken to be judged before.

    Args:
        trace: the network.
        entering: inputs that need a gradient too, as another stage makes them.
    """
    frozen = untrained(trace.layers)
    judged, reached = _judged(trace)
    free: dict[str, tuple[str, ...]] = {}
    entered = {(name, "output") for name in entering}
    needing = entered & judged
    for layer in trace.layers:
        own = _but(frozen, layer) if layer.facts.weights else NONE
        if own:
            free[layer.name] = own
        if layer.arguments.detaches or not (own or _reads(layer, needing) or _reads(layer, entered)):
            continue
        for name, made in layer.facts.outputs.items():
            here = layer.name, name
            if made.is_float and here in judged:
                needing.add(here)
    learning = {name: own for name, own in free.items() if name in reached}
    shared = any(layer.tied for layer in trace.layers)
    return GradientFlow(trace, needing, _with_shared(trace, learning, free) if shared else learning)


def _but(frozen: frozenset[str], layer: "TracedLayer") -> tuple[str, ...]:
    """Own names of the weights of a layer that are not frozen."""
    own = tuple(layer.facts.weights)
    if not frozen:
        return own
    return tuple(name for name, full in zip(own, full_names(layer), strict=True) if full not in frozen)


def _with_shared(
    trace: "Trace", learning: "Mapping[str, tuple[str, ...]]", free: "Mapping[str, tuple[str, ...]]"
) -> "Mapping[str, tuple[str, ...]]":
    """The same with tensors that several layers have: such a one learns where any of them does."""
    given = GradientFlow(trace, frozenset(), learning).weights
    every = {
        layer.name: tuple(own for own in free.get(layer.name, NONE) if {*full_names(layer, (own,))} & given)
        for layer in trace.layers
    }
    return {name: own for name, own in every.items() if own}


def _reads(layer: "TracedLayer", tensors: "AbstractSet[OutputKey]") -> bool:
    """Whether a layer reads one of some tensors."""
    for port in layer.inputs:  # noqa: SIM110  as below
        if (port.layer, port.output) in tensors:
            return True
    return False


def _makes(layer: "TracedLayer", tensors: "AbstractSet[OutputKey]") -> bool:
    """Whether a layer makes one of some tensors."""
    for name in layer.facts.outputs:  # noqa: SIM110  it is asked of every layer: a generator takes twice as long
        if (layer.name, name) in tensors:
            return True
    return False


def _judged(trace: "Trace") -> tuple[set[OutputKey], set[str]]:
    """The tensors of which outputs are made, with no Detach, no whole numbers between, and their layers."""
    found = {(port.layer, port.output) for port in trace.outputs}
    makers: set[str] = set()
    for layer in reversed(trace.layers):
        if not _makes(layer, found):
            continue
        makers.add(layer.name)
        if layer.arguments.detaches:
            continue
        for port in layer.inputs:
            if port.tensor.is_float:
                found.add((port.layer, port.output))
    return found, makers
