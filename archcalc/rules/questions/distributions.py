"""Softmax and its kin: over how many numbers they go, and along which axis they were meant to."""

from typing import TYPE_CHECKING, cast

from archcalc.rules.language import Context, Replace, TracedLayer
from archcalc.rules.questions.functions import distributes, in_place, normalizes
from archcalc.rules.questions.maps import is_map, mixed_axis
from archcalc.rules.questions.neighbours import way_before

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.facts import Shape

MAP_AXES = 3
"""Axes of a sample from which on the channels are taken for the first of them."""


def is_of_one(layer: TracedLayer) -> bool:
    """Whether it makes a distribution over a single number, so that it gives a constant."""
    axis = mixed_axis(layer)
    return distributes(layer) and axis is not None and layer.output.shape[axis] == 1


def is_over_batch(layer: TracedLayer) -> bool:
    """Whether it makes a distribution over the samples of a batch: along no axis of a sample."""
    return distributes(layer) and mixed_axis(layer) is None


def wanted_axis(context: Context, layer: TracedLayer) -> int | None:
    """The axis of a sample over which it may have been meant to go; None where all have 1 number.

    That is the one which the map before it has made, else the features, and the longest where that has 1.
    """
    shape = layer.output.shape
    if max(shape[layer.mapped :], default=1) == 1:
        return None
    axis = _made(context, layer, shape)
    own = range(layer.mapped, len(shape))
    return axis if shape[axis] > 1 else max(own, key=lambda each: shape[each])


def _made(context: Context, layer: TracedLayer, shape: "Shape") -> int:
    """The axis of the features: that of the map before it, else as a sample of so many axes has them."""
    _, before = way_before(context, layer.inputs[0], lambda each: in_place(each) or normalizes(each))
    made = mixed_axis(before) if before is not None and is_map(before) else None
    usual = layer.mapped if len(shape) - layer.mapped >= MAP_AXES else len(shape) - 1
    return usual if made is None else made


def sigmoid_for(layer: TracedLayer) -> tuple[Replace]:
    """A sigmoid in the place of it, with what else the entry says."""
    entry = layer.origin.entry()
    said: Mapping[str, object] = cast("Mapping[str, object]", entry) if isinstance(entry, dict) else {}
    kept = {key: value for key, value in said.items() if key not in ("type", "dim")}
    return (Replace(layer.origin, ({"type": "Sigmoid", **kept} if kept else "Sigmoid",)),)
