"""Bytes of a network layer by layer: what arrives, weights, and what training keeps of a forward pass."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.collecting import uncollected
from archcalc.footprint.following import turns_followed
from archcalc.footprint.held import buffer_bytes, bytes_of_weights
from archcalc.footprint.liveness import peak_of
from archcalc.footprint.storages import storages
from archcalc.records import dataclass
from archcalc.tracing.by_turn import ByTurn

if TYPE_CHECKING:
    from archcalc.footprint.storages import Setting
    from archcalc.tracing import Trace


@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of a batch in a precision.

    Args:
        inputs: of what arrives.
        weights: layer -> of its own weights; tied ones are their owner's.
        activations: layer -> of the tensors that it is the first to keep for the backward pass, inputs of the
            network left out.
        buffers: of all buffers.
        peak: of what is alive at most in a run without gradients, inputs among it.
        unknown: layers of which nobody can tell what training keeps; the sums are lower bounds then.
    """

    inputs: int
    weights: ByTurn
    activations: ByTurn
    buffers: int
    peak: int
    unknown: tuple[str, ...]

    @property
    def held(self) -> int:
        """Of all weights."""
        return self.weights.total

    @property
    def kept(self) -> int:
        """Of all that training keeps of a forward pass beside inputs and weights."""
        return self.activations.total

    @property
    def total(self) -> int:
        """Of inputs, weights and what training keeps of a forward pass."""
        return self.inputs + self.held + self.kept


@uncollected()
def footprint(trace: "Trace", setting: "Setting") -> Footprint:
    """The bytes of a network, run and trained as ``setting`` says."""
    training, running = (replace(setting, training=value) for value in (True, False))
    short, kept, lying, _ = turns_followed(trace, training)
    layers = short.trace.layers
    places, inputs = lying.stated.wiring.places, len(trace.inputs)
    activations = [0] * len(places)
    for _, layer, size, storage, _ in kept.kept:
        if storage is None or storage >= inputs:
            activations[places[layer]] += size
    weights = [0] * inputs + bytes_of_weights(layers, setting, lying.stated.first)
    same = lying.stated.alike
    run = replace(lying, setting=running) if same else storages(short.trace, running, lying.stated)
    peak = peak_of(short.trace, run)
    return Footprint(
        sum(setting.bytes(tensor) for tensor in trace.inputs.values()),
        ByTurn(trace.layers, short, places, weights),
        ByTurn(trace.layers, short, places, activations),
        buffer_bytes(trace, setting),
        peak.bytes,
        tuple(each.layer for each in kept.unknown),
    )
