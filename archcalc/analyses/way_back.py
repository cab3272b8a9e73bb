"""The way back from one layer to another: how many units of each layer on it one unit reads.

The seed formula of a chain of windows: read = (units - 1) x stride + effective kernel, from the last layer to
the first, each with its own kernel. Here it holds on any graph: where several layers read one, the hull of
what they read counts.
"""

from typing import TYPE_CHECKING

from archcalc.analyses.regions import region_read
from archcalc.analyses.units import position_axes
from archcalc.effort import one_by_one
from archcalc.errors import Fault
from archcalc.facts import AxisRead, Window
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.analyses.receptive_field import ReceptiveFieldReport
    from archcalc.tracing import Trace, TracedLayer

    Boxes = Mapping[str, Mapping[int, int]]
    """Layer -> axis of positions -> units that are read."""


class AxisBack(NamedTuple):
    """What the units of a layer read along one axis of a layer before it.

    Args:
        units: of the layer's own, along that axis; None where none runs along with it.
        window: how they slide; None where they have no window.
        read: units of the layer before that any of its readers on the way reads.
    """

    units: int | None
    window: Window | None
    read: int


@dataclass(frozen=True, slots=True)
class StepBack:
    """A layer on the way back, or the input at its end.

    Args:
        layer: its name.
        type: its kind; ``input`` of an input of the network.
        units: units read per axis of positions, from the first to the last.
        readers: the layers on the way that read it; none for the layer at the end.
        reads: how its own units read each layer before it on the way, per axis of that; empty for the first.
    """

    layer: str
    type: str
    units: tuple[int, ...]
    readers: tuple[str, ...]
    reads: "tuple[tuple[AxisBack, ...], ...]"


def way_back(
    trace: "Trace", report: "ReceptiveFieldReport", counted: "ReceptiveFieldReport", source: str, layer: str
) -> tuple[StepBack, ...]:
    """Every layer from ``layer`` back to ``source``, a layer or an input, for the middle unit of ``layer``.

    Args:
        trace: the network.
        report: its receptive fields.
        counted: those in units of ``source``.
        source: where the way ends.
        layer: where it begins.

    Raises:
        Fault: there is no such layer, or it does not depend on ``source``.
        SpecError: the unit reads more than can be followed.
    """
    behind, last = counted.layers, trace.layer(layer)
    if layer not in behind:
        raise Fault(f"{layer!r} does not read {source!r}", hint="name a layer above it")
    one_by_one(trace, "the way back")
    axes = {found.name: position_axes(report.layers.get(found.name, ())) for found in trace.layers}
    fields = (found for found in report.layers[layer] if found.input == source)
    axes |= {found.input: tuple(axis.axis for axis in found.axes) for found in fields}
    middle = {axis: last.output.shape[axis] // 2 for axis in axes[layer]}
    regions = region_read(trace, layer, middle, clipped=False)
    names = {source, *behind} & regions.keys()
    boxes = {
        name: {axis: len(span) for axis, span in enumerate(regions[name].box()) if axis in axes[name]}
        for name in names
    }
    way = [found for found in trace.layers if found.name in names]
    steps = [_step(found, way, boxes, source) for found in reversed(way)]
    if source in trace.inputs:
        steps.append(StepBack(source, "input", (*boxes[source].values(),), _readers(source, way), ()))
    return tuple(steps)


def _readers(name: str, way: "list[TracedLayer]") -> tuple[str, ...]:
    return tuple(later.name for later in way if any(port.layer == name for port in later.inputs))


def _step(layer: "TracedLayer", way: "list[TracedLayer]", boxes: "Boxes", source: str) -> StepBack:
    reads = () if layer.name == source else tuple(_reads(layer, boxes))
    units = (*boxes[layer.name].values(),)
    return StepBack(layer.name, layer.type, units, _readers(layer.name, way), reads)


def _reads(layer: "TracedLayer", boxes: "Boxes") -> "Iterator[tuple[AxisBack, ...]]":
    """Per layer before this one on the way, and axis of positions of that one, how it is read."""
    for port, reads in zip(layer.inputs, layer.facts.reads, strict=True):
        if port.layer in boxes:
            yield tuple(
                _along(reads[axis], read, boxes[layer.name]) for axis, read in boxes[port.layer].items()
            )


def _along(read: AxisRead, count: int, own: "Mapping[int, int]") -> AxisBack:
    return AxisBack(None if read.to is None else own.get(read.to), read.window, count)
