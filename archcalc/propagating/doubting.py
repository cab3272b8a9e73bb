"""Where the rules are not sure of a gradient: what one layer leaves in doubt, all in front of it inherit."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.facts import Phased, Window
from archcalc.layers.carrying.maps import taps_inside
from archcalc.layers.mathematics import Merge, Statistics
from archcalc.moments import Propagated, Unruled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.propagating.weights import FirstWeights
    from archcalc.tracing.records import TracedLayer


HALF = 0.5
BORDER = "most of its taps lie in the padding: places of so small a map are not alike"
DIFFERING = 0.06
"""Relative variance of a size from channel to channel from which E 1 / v is another than 1 / E v."""
FEW = "its outputs add up few numbers, so channels differ in size, and a norm gives each another gain"
OF_CHANNELS = frozenset({Statistics.BATCH, Statistics.CHANNEL})


def doubt_back(
    layer: "TracedLayer",
    rule: Propagated | Unruled,
    weights: "FirstWeights",
    doubts: "Mapping[tuple[str, str], str]",
) -> str:
    """Why what a layer makes of a gradient on its way back is not sure; empty: it is.

    The gain of a sum or a linear map is the same whatever arrives; that of a function that bends, of a norm,
    of attention and of a product follows from the size of what arrives.
    """
    own = weights.doubt(layer).backward or (BORDER if in_padding(layer) else "")
    if own or isinstance(rule, Unruled) or not by_size(layer):
        return own
    arriving = (doubts.get((port.layer, port.output), "") for port in layer.inputs)
    return next((state.doubt for state in rule.states if state.doubt), "") or next(filter(None, arriving), "")


def in_padding(layer: "TracedLayer") -> bool:
    """Whether most taps of a map lie in its padding: a 3x3 on 2 x 2 pixels."""
    if not (layer.arguments.linear and layer.facts.macs and layer.inputs):
        return False
    inside = 1.0
    for axis, read in enumerate(layer.facts.first_reads):
        if read.to is not None and isinstance(read.reach, Window | Phased):
            size, outputs = int(layer.inputs[0].tensor.shape[axis]), int(layer.output.shape[read.to])
            phases = read.reach.phases
            inside *= taps_inside(read, size, outputs).mean * len(phases) / sum(map(len, phases))
    return inside < HALF


def doubt_between(layer: "TracedLayer", readers: "Sequence[TracedLayer]", weights: "FirstWeights") -> str:
    """Why the gradient between a map of few numbers and a norm is not sure: in front of both it is.

    The norm divides by what each channel has: E 1 / v is 1 / (1 - 2 / n) of what 1 / E v is for normal
    weights, n the numbers that an output adds up; on the way on through the map that is gone again.
    """
    if not (layer.arguments.linear and layer.facts.macs and layer.facts.weights):
        return ""
    if not any(each.arguments.normalizes in OF_CHANNELS for each in readers):
        return ""
    added = layer.facts.macs / prod(layer.output.shape)
    return FEW if weights.scatter(layer) > DIFFERING * added else ""


def by_size(layer: "TracedLayer") -> bool:
    """Whether what a layer multiplies a gradient with follows from the size of what it reads."""
    kind = layer.arguments
    bent = kind.bends and not kind.homogeneous
    joins = kind.merges is Merge.PRODUCT or kind.halves or layer.facts.attention is not None
    steps = "weight_hh_l0" in layer.facts.weights
    return bent or joins or steps or kind.normalizes is not None or kind.distributes is not None
