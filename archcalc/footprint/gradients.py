"""To what a gradient goes: all between weights that are trained and outputs that are judged."""

from functools import cached_property
from typing import TYPE_CHECKING

from archcalc.footprint.held import full_names, untrained
from archcalc.footprint.stated import numbering
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from archcalc.footprint.stated import Numbering
    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Port

NONE: tuple[str, ...] = ()


@dataclass(frozen=True)
class GradientFlow:
    """What gets a gradient in the backward pass.

    Args:
        network: the network.
        wiring: its outputs by number.
        needing: of each, and of inputs, whether it gets one.
        through: of each place whether one of its outputs gets one.
        learning: layer -> own names of its weights that get one; where none does it is left out.
    """

    network: "Trace"
    wiring: "Numbering"
    needing: "Sequence[int]"
    through: "Sequence[int]"
    learning: "Mapping[str, Collection[str]]"

    @cached_property
    def weights(self) -> frozenset[str]:
        """Full names of weights."""
        return _full_names(self.network, self.learning)

    def has(self, port: "Port") -> bool:
        """Whether an output gets one."""
        return bool(self.needing[self.wiring.number(port)])

    def reaches(self, layer: "TracedLayer") -> bool:
        """Whether the backward pass goes through a layer."""
        return bool(self.through[self.wiring.places[layer.name]])

    def passes(self, layer: "TracedLayer", port: "Port") -> bool:
        """Whether a layer hands one on to this of its inputs."""
        return self.reaches(layer) and self.has(port)

    def learns(self, layer: "TracedLayer") -> bool:
        """Whether one goes to a weight that is multiplied: a bias needs nothing of the input for its own."""
        weights, own = layer.facts.weights.keys(), self.learning.get(layer.name)
        if own is None or len(own) == len(weights):
            return own is not None
        products = (work.weights for work in layer.facts.work if work.sort == "product")
        multiplied = {own for names in products for own in names} & weights
        return not (multiplied or weights).isdisjoint(own)

    def fixed(self, layer: "TracedLayer") -> tuple[str, ...]:
        """Own names of the weights of a layer that get none."""
        weights, own = layer.facts.weights, self.learning.get(layer.name, NONE)
        return NONE if len(own) == len(weights) else tuple(name for name in weights if name not in own)


def gradient_flow(
    trace: "Trace", entering: "frozenset[str]" = frozenset(), given: "Numbering | None" = None
) -> GradientFlow:
    """Follow gradients through a network, from all of its outputs.

    One that is of whole numbers has none; what it is made of is taken to be judged before.

    Args:
        trace: the network.
        entering: inputs that need a gradient too, as another stage makes them.
        given: its outputs by number, where they are known.
    """
    wires = given or numbering(trace)
    floats, detached, frozen = wires.floats, wires.detached, untrained(trace.layers)
    judged, judging = _judged(wires)
    carrying, through = bytearray(len(judged)), bytearray(len(judging))
    for name in entering:
        carrying[wires.places[name]] = True
    learning: dict[str, Collection[str]] = {}
    for place, layer in enumerate(trace.layers, len(trace.inputs)):
        if not judging[place]:
            continue
        weights = layer.facts.weights
        own = _but(frozen, layer) if frozen and weights else weights
        if own:
            learning[layer.name] = own
        if place not in detached and (own or _any(carrying, wires.reads[place])):
            for number in wires.made[place]:
                if floats[number] and judged[number]:
                    carrying[number] = through[place] = True
    if trace.shared:
        learning = _with_shared(trace, frozen, _full_names(trace, learning))
    for name in entering:  # what arrives has one where something is made of it
        carrying[wires.places[name]] &= judged[wires.places[name]]
    return GradientFlow(trace, wires, carrying, through, learning)


def _full_names(trace: "Trace", learning: "Mapping[str, Collection[str]]") -> frozenset[str]:
    """Full names of the weights that learn."""
    return frozenset(
        full for layer in trace.layers for full in full_names(layer, learning.get(layer.name, NONE))
    )


def _but(frozen: frozenset[str], layer: "TracedLayer") -> tuple[str, ...]:
    """Own names of the weights of a layer that are not frozen."""
    named = zip(layer.facts.weights, full_names(layer), strict=True)
    return tuple(name for name, full in named if full not in frozen)


def _with_shared(
    trace: "Trace", frozen: frozenset[str], given: frozenset[str]
) -> "dict[str, Collection[str]]":
    """What learns, with tensors that several layers have: such a one learns where any of them does."""
    every: dict[str, Collection[str]] = {
        layer.name: tuple(own for own in _but(frozen, layer) if {*full_names(layer, (own,))} & given)
        for layer in trace.layers
    }
    return {name: own for name, own in every.items() if own}


def _any(marked: bytearray, numbers: tuple[int, ...]) -> bool:
    """Whether one of some numbers is marked."""
    for number in numbers:  # noqa: SIM110  it is asked of every layer: a generator takes twice as long
        if marked[number]:
            return True
    return False


def _judged(wires: "Numbering") -> tuple[bytearray, bytearray]:
    """The outputs of which those of the network are made, with no Detach, no whole numbers between; places.

    Of each place whether one of its outputs is among them.
    """
    floats = wires.floats
    found, places = bytearray(len(floats)), bytearray(len(wires.made))
    for number in wires.leaving:
        found[number] = True
    for place in range(len(places) - 1, -1, -1):
        places[place] = _any(found, wires.made[place])
        if places[place] and place not in wires.detached:
            for number in wires.reads[place]:
                if floats[number]:
                    found[number] = True
    return found, places
