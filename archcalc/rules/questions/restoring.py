"""Layers on the way back up that could give another size: which of their arguments restore a shape."""

from dataclasses import replace
from functools import partial
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, cast

from archcalc.analyses.resizing import Source
from archcalc.cures.changes import DropKey
from archcalc.cures.making import all_of, as_argument, behind, setting
from archcalc.errors import Fault
from archcalc.layers.arguments import per_axis
from archcalc.rules.language import Context, Cure, Port, TracedLayer
from archcalc.rules.questions.maps import width_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.analyses.resizing import Fits, Tensors
    from archcalc.facts import Shape
    from archcalc.layers.arguments import PerAxis

    Choice = Mapping[str, object]
    """Arguments of a layer with other values; none: as it is."""

MAX_CHOICES = 512
"""Choices of all layers together that are looked at."""


def restoring(context: Context, port: Port, wanted: "Shape") -> "Iterator[Cure]":
    """Cures with which an output has a shape: arguments on the way up, sizes of the input, a last layer.

    Args:
        context: the network.
        port: its output, with as many axes as are wanted.
        wanted: the shape.
    """
    shape, layer = port.tensor.shape, context.trace.source(port)
    if layer is None:
        return
    if shape[1:] != wanted[1:]:
        yield from _chosen(context, port, wanted)
        yield from _resized(context, port, wanted)
        yield from _last(layer, shape, wanted)
    elif len(shape) != 2:  # noqa: PLR2004  features last
        maker = _maker(context, layer)
        if maker:
            yield setting(maker, f"{list(wanted)} comes out", **{width_key(maker): wanted[0]})


def _maker(context: Context, last: TracedLayer) -> TracedLayer | None:
    """The layer that says how many channels come out; none behind it, such as activations, changes them."""
    layer: TracedLayer | None = last
    while layer is not None and len(layer.inputs) == 1:
        if dict(layer.arguments).get(width_key(layer)) == last.output.shape[last.mapped]:
            return layer
        if layer.inputs[0].tensor.shape != last.output.shape:
            return None
        layer = context.trace.source(layer.inputs[0])
    return None


def _chosen(context: Context, port: Port, wanted: "Shape") -> "Iterator[Cure]":
    """The fewest layers with another output padding, or a size in the place of a scale."""
    layers = context.trace.above([port])
    sizes = {each.tensor.shape[1:] for layer in layers for each in layer.inputs} | {wanted[1:]}
    choices = {layer.name: list(_choices(layer, sizes)) for layer in layers}
    moving = {name: found for name, found in choices.items() if len(found) > 1}
    if not moving or prod(len(found) for found in moving.values()) > MAX_CHOICES:
        return
    ways = sorted(product(*moving.values()), key=lambda way: sum(bool(choice) for choice in way))
    restored = (
        way for way in ways if _output(context, layers, port, dict(zip(moving, way, strict=True))) == wanted
    )
    for way in islice(restored, 2):
        yield all_of(
            *(
                _cure(context.trace.layer(name), choice)
                for name, choice in zip(moving, way, strict=True)
                if choice
            ),
            because=f"{list(wanted)} comes out",
        )


def _choices(layer: TracedLayer, sizes: "set[Shape]") -> "Iterator[Choice]":
    """What a layer could have for other sizes behind it; first that it stays as it is."""
    yield {}
    arguments, positions = dict(layer.arguments), layer.inputs[0].tensor.shape[layer.mapped + 1 :]
    if "output_padding" in arguments:
        stride = per_axis(cast("PerAxis", arguments["stride"]), len(positions), "stride")
        for padding in product(*(range(each) for each in stride)):
            value = as_argument(padding)
            if value != arguments["output_padding"]:
                yield {"output_padding": value}
    elif arguments.get("scale_factor") is not None:
        for size in sorted(sizes):
            larger = len(size) == len(positions) and all(m > n for n, m in zip(positions, size, strict=True))
            if larger and size != layer.output.shape[layer.mapped + 1 :]:
                yield {"scale_factor": None, "size": as_argument(size)}


def _cure(layer: TracedLayer, choice: "Choice") -> Cure:
    kept = {key: value for key, value in choice.items() if value is not None}
    dropped = tuple(DropKey(layer.origin, key) for key, value in choice.items() if value is None)
    cure = setting(layer, "", **kept)
    return replace(cure, changes=(*dropped, *cure.changes))


def _output(
    context: Context, layers: "Sequence[TracedLayer]", port: Port, chosen: "Mapping[str, Choice]"
) -> "Shape | None":
    """The shape that comes out with other arguments; None where a layer refuses them."""
    tensors = {(name, "output"): tensor for name, tensor in context.trace.inputs.items()}
    try:
        for layer in layers:
            arguments = layer.arguments
            if choice := chosen.get(layer.name):
                values = {key: _as_argument(value) for key, value in choice.items()}
                arguments = arguments.model_copy(update=values)
            facts = arguments.infer(tuple(tensors[each.layer, each.output] for each in layer.inputs))
            tensors.update({(layer.name, name): tensor for name, tensor in facts.outputs.items()})
    except (Fault, KeyError):
        return None
    return tensors[port.layer, port.output].shape


def _as_argument(value: object) -> object:
    """A value as the record of a layer has it, whose lists are tuples."""
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


def _resized(context: Context, port: Port, wanted: "Shape") -> "Iterator[Cure]":
    """The input's sizes at which it comes out as it went in."""
    if len(context.trace.inputs) != 1:
        return
    ((name, tensor),) = context.trace.inputs.items()
    if tensor.shape != wanted:
        return
    network = context.resizing
    fits: dict[Source, Fits] = {}
    for axis in range(1, len(wanted)):
        if port.tensor.shape[axis] != wanted[axis]:
            source = Source(name, axis)
            found = network.fitting([port], source, partial(_restored, port, source))
            if found is None:
                return
            fits[source] = found
    from archcalc.cures.sizing import fitting_sizes

    yield from fitting_sizes(context, fits)


def _restored(port: Port, source: Source, tensors: "Tensors", _: object) -> bool:
    """Whether an output has the size of the input along an axis."""
    size = tensors[port.layer, port.output].shape[source.axis]
    return size == tensors[source.input, "output"].shape[source.axis]


def _last(layer: TracedLayer, shape: "Shape", wanted: "Shape") -> "Iterator[Cure]":
    """What comes out cut to the size, or resampled to it."""
    size = as_argument(wanted[1:])
    larger = all(n >= m for n, m in zip(shape[1:], wanted[1:], strict=True))
    if len(shape) > 1 and layer.origin.in_spec == layer.origin:
        kind = "Crop" if larger else "Upsample"
        yield behind(layer, {"type": kind, "size": size}, because=f"{list(wanted)} comes out")
