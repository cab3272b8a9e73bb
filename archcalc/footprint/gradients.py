"""To what a gradient goes: all between weights that are trained and outputs that are judged."""

from typing import TYPE_CHECKING

from archcalc.footprint.held import full_names, untrained
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Port

OutputKey = tuple[str, str]
"""A layer (or input) and an output of it."""


class GradientFlow(NamedTuple):
    """What gets a gradient in the backward pass.

    Args:
        tensors: layer (or input) and output.
        weights: full names of weights.
    """

    tensors: frozenset[OutputKey]
    weights: frozenset[str]

    def reaches(self, layer: "TracedLayer") -> bool:
        """Whether the backward pass goes through a layer."""
        return any((layer.name, name) in self.tensors for name in layer.facts.outputs)

    def passes(self, layer: "TracedLayer", port: "Port") -> bool:
        """Whether a layer hands one on to this of its inputs."""
        return self.reaches(layer) and (port.layer, port.output) in self.tensors

    def trains(self, layer: "TracedLayer") -> bool:
        """Whether a weight of a layer gets one."""
        return any(full in self.weights for full in full_names(layer))

    def learns(self, layer: "TracedLayer") -> bool:
        """Whether one goes to a weight that is multiplied: a bias needs nothing of the input for its own."""
        products = (work.weights for work in layer.facts.work if work.sort == "product")
        multiplied = {own for names in products for own in names} & layer.facts.weights.keys()
        return not (multiplied or layer.facts.weights.keys()) <= set(self.fixed(layer))

    def fixed(self, layer: "TracedLayer") -> tuple[str, ...]:
        """Own names of the weights of a layer that get none."""
        named = zip(layer.facts.weights, full_names(layer), strict=True)
        return tuple(own for own, full in named if full not in self.weights)


def gradient_flow(trace: "Trace", entering: "frozenset[str]" = frozenset()) -> GradientFlow:
    """Follow gradients through a network, from all of its outputs.

    One that is of whole numbers has none; what it is made of is taken to be judged before.

    Args:
        trace: the network.
        entering: inputs that need a gradient too, as another stage makes them.
    """
    frozen = untrained(trace.layers)
    weights = {layer.name: [*_outside(frozen, layer)] for layer in trace.layers}
    needing = {(name, "output") for name in entering}
    for layer in trace.layers:
        needs = weights[layer.name] or any((port.layer, port.output) in needing for port in layer.inputs)
        if needs and not layer.arguments.detaches:
            needing.update((layer.name, name) for name, made in layer.facts.outputs.items() if made.is_float)
    judged = _judged(trace)
    reached = {layer for layer, _ in judged}
    return GradientFlow(
        frozenset(needing & judged),
        frozenset(full for name, own in weights.items() if name in reached for full in own),
    )


def _outside(frozen: frozenset[str], layer: "TracedLayer") -> "Iterator[str]":
    return (full for full in full_names(layer) if full not in frozen)


def _judged(trace: "Trace") -> set[OutputKey]:
    """The tensors of which outputs are made, with no Detach and no whole numbers between."""
    found = {(port.layer, port.output) for port in trace.outputs}
    for layer in reversed(trace.layers):
        if not layer.arguments.detaches and any((layer.name, name) in found for name in layer.facts.outputs):
            found.update((port.layer, port.output) for port in layer.inputs if port.tensor.is_float)
    return found
