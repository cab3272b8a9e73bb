"""Layers along an axis of a sample (``Vmap``): the walk through them, and one of them at one position."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.layers.mapped import one_position
from archcalc.layers.registry import kind
from archcalc.spec import LayerSpec
from archcalc.tracing.common_keys import axis
from archcalc.tracing.frames import Site

if TYPE_CHECKING:
    from archcalc.spec import Vmap
    from archcalc.tracing.records import Port, TracedLayer
    from archcalc.tracing.walk import Walk


def along_axis(entry: "Vmap", site: Site, walk: "Walk") -> "Port | None":
    """What leaves layers that are applied along one axis more; another one than the first is moved there."""
    frame, arriving = site.frame, site.sources[0]
    moved = walk.ledger.attempt(site, lambda each: _axis(each, arriving))
    if moved is None:
        return None
    if moved:
        path, order = (*site.path, "in_dims"), _in_front(moved, arriving, frame.mapped)
        entry_of_move = LayerSpec.model_validate({"type": "Permute", "dims": order})
        arriving = walk.entry(Site(entry_of_move, path, frame, (arriving,)))
    inner = replace(
        frame, entries=entry.layers, mapped=frame.mapped + 1, inputs={"input": arriving}, numbered=False
    )
    return walk.sequence((*site.path, "layers"), inner, arriving)


def _axis(site: Site, arriving: "Port | None") -> int:
    """The axis along which it goes, of what arrives.

    Raises:
        Fault: there is no such axis.
    """
    written = axis(site, "in_dims")
    if arriving is None:
        return 0
    if not arriving.tensor.batched:
        fact = f"{arriving} depends on no input: it is the same at every position"
        raise Fault(fact, key="from", hint="a Parameter can be read by layers inside as it is")
    shape = one_position(arriving.tensor, site.frame.mapped).shape
    if not -len(shape) <= written < len(shape):
        fact = f"in_dims is {written}, but {list(shape)} arrives, which has {len(shape)} axes"
        raise Fault(fact, key="in_dims", hint="axes are counted without the batch, from 0")
    return written % len(shape)


def _in_front(axis: int, arriving: "Port | None", mapped: int) -> list[int]:
    """The order of axes that has one of them in front."""
    axes = len(arriving.tensor.shape) - mapped if arriving else axis + 1
    return [axis, *(each for each in range(axes) if each != axis)]


def at_one_position(layer: "TracedLayer") -> "TracedLayer":
    """The layer as it is applied at one position of the axes along which it is mapped; else itself."""
    axes = layer.mapped
    if not axes:
        return layer
    inputs = tuple(replace(port, tensor=one_position(port.tensor, axes)) for port in layer.inputs)
    arguments = kind(layer.type).model_construct(**dict(layer.arguments))
    facts = arguments.infer(tuple(port.tensor for port in inputs))
    return replace(layer, inputs=inputs, facts=facts, arguments=arguments)
