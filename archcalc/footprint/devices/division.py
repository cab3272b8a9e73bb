"""What devices divide of a network, weight by weight and tensor by tensor, and what stays whole and why."""

import re
from dataclasses import field
from math import prod
from typing import TYPE_CHECKING

from archcalc.analyses.heads import scoring_heads
from archcalc.effort import with_a_budget
from archcalc.footprint.devices.regions import DividedRegion, Dividing, Slab, linear_map
from archcalc.footprint.devices.stages import unit_around
from archcalc.records import dataclass
from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.footprint.devices.placement import Placement
    from archcalc.footprint.devices.regions import LinearMap, TensorKey
    from archcalc.tracing import Trace, TracedLayer

WeightName = tuple[str, str]
"""Layer and its own name of a weight."""
POSITIONS = "tables of positions stand on every device"
NO_PAIR = "no pair of linear maps, no heads, experts or table of tokens"


@dataclass
class Division:
    """Who has what.

    Args:
        weights: layer and weight -> the parts of its axes.
        tensors: output -> its part.
        seen: layer and number of an input -> the part of a whole tensor that a device reads.
        heads: layer -> parts of its queries, keys ...
        experts: full names of weights that expert-parallel devices divide.
        whole: layer with weights that all devices hold whole -> why.
    """

    weights: "dict[WeightName, tuple[Slab, ...]]" = field(default_factory=dict[WeightName, tuple[Slab, ...]])
    tensors: "dict[TensorKey, Slab]" = field(default_factory=dict["TensorKey", Slab])
    seen: "dict[tuple[str, int], Slab]" = field(default_factory=dict[tuple[str, int], Slab])
    heads: "dict[str, tuple[int, ...]]" = field(default_factory=dict[str, tuple[int, ...]])
    experts: set[str] = field(default_factory=set[str])
    whole: dict[str, str] = field(default_factory=dict[str, str])


@with_a_budget
def divide(trace: "Trace", placement: "Placement") -> Division:
    """Decide it for a network, in execution order."""
    division = Division()
    if placement.tp > 1:
        _divide_regions(trace, placement.tp, division)
        _divide_tables(trace, placement.tp, division)
    for layer in trace.layers:
        _divide_inside(layer, placement, division)
    _agree(trace, division)
    if placement.tp > 1:
        parted = {name for name, _ in division.weights}
        for layer in trace.layers:
            if _is_wide(layer) and layer.name not in parted:
                why = POSITIONS if layer.facts.positional and not layer.facts.attention else NO_PAIR
                division.whole.setdefault(layer.name, why)
    return division


def _is_wide(layer: "TracedLayer") -> bool:
    """Whether it holds matrices; vectors, as those of norms, are whole by the published rules."""
    return any(len(shape) > 1 and prod(shape) > max(shape) for shape in layer.facts.weights.values())


def _divide_regions(trace: "Trace", devices: int, division: Division) -> None:
    """Divide pairs of linear maps and what stands between, and maps to a vocabulary."""
    maps = {layer.name: found for layer in trace.layers if (found := linear_map(layer)) is not None}
    heads = frozenset(scoring_heads(trace)) & frozenset(maps)
    ending, beginning = set[str](), set[str]()
    dividing = Dividing(trace, devices, maps, ending, heads)
    for layer in trace.layers:
        if layer.name not in maps or layer.name in ending or layer.name in beginning:
            continue
        region = dividing.from_map(layer)
        met = (set(region.last) & beginning) | (set(region.first) & ending)
        met |= set(region.first) & set(region.last)
        reason = region.reason or (f"{min(met)} is a part of another pair" if met else "")
        if reason:
            division.whole[layer.name] = _nearby(reason, layer.name)
            continue
        ending |= set(region.last)
        beginning |= set(region.first)
        _enter(region, maps, division)


def _nearby(reason: str, name: str) -> str:
    """A reason with the names of the layers around as they are called there."""
    around = unit_around(name)
    if around is None:
        return reason
    row = around.rpartition(".")[0]
    return re.sub(rf"(?<![\w.]){re.escape(row + '.') if row else ''}\d+\.(?=\w)", "", reason)


def _enter(region: DividedRegion, maps: "Mapping[str, LinearMap]", division: Division) -> None:
    division.tensors |= region.tensors
    division.seen |= region.seen
    division.heads |= region.heads
    for name, parts in region.first.items():
        found = maps[name]
        division.weights[name, found.matrix] = (Slab(found.made, parts),)
        division.weights |= {(name, vector): (Slab(0, parts),) for vector in found.vectors}
        division.whole.pop(name, None)
    for name, parts in region.last.items():
        division.weights[name, maps[name].matrix] = (Slab(1 - maps[name].made, parts),)
        division.whole.pop(name, None)


def _divide_tables(trace: "Trace", devices: int, division: Division) -> None:
    """Divide tables of tokens by rows; those of positions stand on every device."""
    for layer in trace.layers:
        if not layer.facts.lookups or layer.facts.positional or layer.inputs[0].layer not in trace.inputs:
            continue
        for name in layer.facts.lookups:
            rows = layer.facts.weights[name][0]
            if rows % devices:
                division.whole[layer.name] = f"{rows:,} rows do not divide by {devices}"
            else:
                division.weights[layer.name, name] = (Slab(0, devices),)


def _divide_inside(layer: "TracedLayer", placement: "Placement", division: Division) -> None:
    """Divide the weights of a layer that reads and gives all features: by its heads, its experts."""
    cuts = [(name, cut) for name, some in layer.arguments.divided(layer.facts).items() for cut in some]
    for over, devices in (("tensor", placement.tp), ("expert", placement.ep)):
        own = [(name, cut, cut.parts(devices)) for name, cut in cuts if cut.over == over]
        unfit = [cut.units for _, cut, parts in own if parts is None]
        if unfit:
            division.whole[layer.name] = f"{unfit[0]:,} {own[0][1].called} do not divide by {devices}"
        elif devices > 1:
            for name, cut, parts in own:
                before = division.weights.get((layer.name, name), ())
                division.weights[layer.name, name] = (*before, Slab(cut.axis, parts or 1))
            division.experts |= {tensor_name(layer.name, name) for name, _, _ in own if over == "expert"}
            attention = layer.facts.attention
            if own and attention is not None:
                asked = min(devices, attention.kv_heads)
                division.heads[layer.name] = (devices, asked, asked)


def _agree(trace: "Trace", division: Division) -> None:
    """Hold a shared weight whole where a layer that shares it needs all of it, or another part."""
    shared: dict[str, list[WeightName]] = {}
    for layer in trace.layers:
        for name in layer.facts.weights:
            full = layer.tied.get(name, tensor_name(layer.name, name))
            shared.setdefault(full, []).append((layer.name, name))
    for users in shared.values():
        if len({division.weights.get(user, ()) for user in users}) > 1:
            for user in users:
                if division.weights.pop(user, None):
                    division.whole[user[0]] = "it shares a weight with a layer that needs all of it"
