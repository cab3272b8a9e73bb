"""The way back from one layer to another: how many units of each layer on it one unit reads.

The seed formula of a chain of windows: previous = (next - 1) x stride + effective kernel, from the last layer
to the first. Here it holds on any graph: where several layers read one, the hull of what they read counts.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.analyses.receptive_field import receptive_fields
from archcalc.analyses.regions import region_read
from archcalc.analyses.units import position_axes
from archcalc.errors import Fault
from archcalc.facts import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.analyses.receptive_field import ReceptiveFieldReport
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class StepBack:
    """A layer on the way back.

    Args:
        layer: its name.
        type: its kind.
        units: units read per axis of positions, from the first to the last.
        readers: the layers on the way that read it; none for the layer at the end.
        windows: how the only reader slides over it, per axis; None where it has no window; empty where
            several read it.
    """

    layer: str
    type: str
    units: tuple[int, ...]
    readers: tuple[str, ...]
    windows: "tuple[Window | None, ...]"


def way_back(trace: "Trace", report: "ReceptiveFieldReport", source: str, layer: str) -> tuple[StepBack, ...]:
    """Every layer from ``layer`` back to ``source``, for the middle unit of ``layer``.

    Raises:
        Fault: there is no such layer, or it does not depend on ``source``.
        SpecError: the unit reads more than can be followed.
    """
    behind = receptive_fields(trace, trace.layer(source).name).layers
    last = trace.layer(layer)
    if layer not in behind:
        raise Fault(f"{layer!r} does not read {source!r}", hint="name a layer above it")
    axes = {found.name: position_axes(report.layers.get(found.name, ())) for found in trace.layers}
    middle = {axis: last.output.shape[axis] // 2 for axis in axes[layer]}
    regions = region_read(trace, layer, middle, clipped=False)
    names = {source, *behind} & regions.keys()
    way = [found for found in trace.layers if found.name in names]
    return tuple(_step(found, way, axes[found.name], regions[found.name].box()) for found in reversed(way))


def _step(
    layer: "TracedLayer", way: "Sequence[TracedLayer]", axes: tuple[int, ...], box: tuple[range, ...]
) -> StepBack:
    readers = [later for later in way if any(port.layer == layer.name for port in later.inputs)]
    windows: tuple[Window | None, ...] = ()
    if len(readers) == 1:
        windows = tuple(_window(readers[0], layer.name, axis) for axis in axes)
    names = tuple(reader.name for reader in readers)
    return StepBack(layer.name, layer.type, tuple(len(box[axis]) for axis in axes), names, windows)


def _window(reader: "TracedLayer", name: str, axis: int) -> Window | None:
    ports = zip(reader.inputs, reader.facts.reads, strict=True)
    found = [reads[axis].reach for port, reads in ports if port.layer == name]
    return found[0] if len(found) == 1 and isinstance(found[0], Window) else None
