"""The network that one tensor-parallel device runs: every tensor and weight as large as its part.

Shapes, heads and weights of facts are the device's, so that all that is known of storages, liveness and
autograd holds of it unchanged; work and reads are those of the whole network.
"""

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from archcalc.facts import IDENTITY
from archcalc.footprint.devices.regions import Slab
from archcalc.tracing.records import Port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.attended import Attention
    from archcalc.facts import Facts, Tensor
    from archcalc.footprint.devices.division import Division
    from archcalc.footprint.devices.placement import Placement
    from archcalc.footprint.devices.regions import TensorKey
    from archcalc.tracing import Trace, TracedLayer


def part_of_network(trace: "Trace", division: "Division", placement: "Placement") -> "Trace":
    """The trace of one device.

    Args:
        trace: the network.
        division: who has what.
        placement: the devices.
    """
    parts = dict(division.tensors)
    if placement.sp:
        apart = positions_apart(trace, division, placement.tp)
        parts |= apart
        division = replace(division, seen={**_read_apart(trace, parts, apart), **division.seen})
    layers = tuple(_layer(layer, parts, division) for layer in trace.layers)
    outputs = tuple(_port(port, parts) for port in trace.outputs)
    ends = {name: _port(port, parts) for name, port in trace.ends.items()}
    return replace(trace, layers=layers, outputs=outputs, ends=ends)


def _port(port: Port, parts: "Mapping[TensorKey, Slab]") -> Port:
    return Port(port.layer, port.output, _part(port.tensor, parts.get((port.layer, port.output))))


def _part(tensor: "Tensor", part: Slab | None) -> "Tensor":
    return tensor if part is None else replace(tensor, shape=part.of(tensor.shape))


def _layer(layer: "TracedLayer", parts: "Mapping[TensorKey, Slab]", division: "Division") -> "TracedLayer":
    inputs = tuple(
        Port(port.layer, port.output, _part(port.tensor, seen))
        if (seen := division.seen.get((layer.name, index))) is not None
        else _port(port, parts)
        for index, port in enumerate(layer.inputs)
    )
    heads = division.heads.get(layer.name)
    kind = layer.arguments.for_part(heads[0]) if heads else layer.arguments
    return replace(layer, inputs=inputs, facts=_facts(layer, parts, division), arguments=kind)


def _facts(layer: "TracedLayer", parts: "Mapping[TensorKey, Slab]", division: "Division") -> "Facts":
    facts = layer.facts
    outputs = {name: _part(made, parts.get((layer.name, name))) for name, made in facts.outputs.items()}
    weights = {
        name: reduce(lambda left, part: part.of(left), division.weights.get((layer.name, name), ()), shape)
        for name, shape in facts.weights.items()
    }
    heads = division.heads.get(layer.name)
    attention = _fewer(facts.attention, heads) if facts.attention and heads else facts.attention
    return replace(facts, outputs=outputs, weights=weights, attention=attention)


def _fewer(attention: "Attention", parts: tuple[int, ...]) -> "Attention":
    return replace(attention, heads=attention.heads // parts[0], kv_heads=attention.kv_heads // parts[1])


def positions_apart(trace: "Trace", division: "Division", devices: int) -> "dict[TensorKey, Slab]":
    """Outputs whose positions devices divide: those of which each position is made from its own alone.

    Korthikanti et al. 2022 (arXiv 2205.05198, section 4.2.2): norms, dropout and sums between the parts that
    tensor-parallel devices divide.
    """
    found: dict[TensorKey, Slab] = {}
    lengths = {
        port.tensor.shape[-2]
        for layer in trace.layers
        if layer.facts.attention is not None
        for port in layer.inputs[:1]
        if len(port.tensor.shape) > 1
    }
    for layer in trace.layers:
        for name, made in layer.facts.outputs.items():
            at = len(made.shape) - 2
            if (layer.name, name) in division.tensors or not made.is_float or at < 0 or not layer.inputs:
                continue
            size = made.shape[at]
            if size in lengths and size % devices == 0 and _position_by_position(layer, name, at):
                found[layer.name, name] = Slab(at, devices)
    return found


def _position_by_position(layer: "TracedLayer", output: str, at: int) -> bool:
    """Whether every input that has the positions is read at the own one alone."""
    joined = [read for reads in layer.facts.reads_of(output) for read in reads if read.to == at]
    return bool(joined) and all(read.reach == IDENTITY and not read.statistic for read in joined)


def _read_apart(
    trace: "Trace", parts: "Mapping[TensorKey, Slab]", apart: "Mapping[TensorKey, Slab]"
) -> "dict[tuple[str, int], Slab]":
    """The positions of whole tensors that layers read whose own positions are divided."""
    found: dict[tuple[str, int], Slab] = {}
    for layer in trace.layers:
        output = next(iter(layer.facts.outputs))
        part = apart.get((layer.name, output))
        if part is None:
            continue
        for index, (port, reads) in enumerate(zip(layer.inputs, layer.facts.reads_of(output), strict=True)):
            axes = [axis for axis, read in enumerate(reads) if read.to == part.axis]
            if (
                axes
                and (port.layer, port.output) not in parts
                and port.tensor.shape[axes[0]] % part.parts == 0
            ):
                found[layer.name, index] = Slab(axes[0], part.parts)
    return found
