"""Receptive fields: which interval of the network's input one unit of each layer reads, per axis.

Intervals after Araujo, Norris & Sim 2019 (Distill, "Computing Receptive Fields of Convolutional Neural
Networks"), carried as exact periodic functions so that branches and phases stay exact too.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.analyses.alignment import Misalignment, misalignment
from archcalc.analyses.fields import AxisField, Field, ReceptiveFieldReport
from archcalc.analyses.hops import farthest
from archcalc.analyses.roles import axes_of_positions
from archcalc.analyses.spans import merged
from archcalc.analyses.tracks import Track, tracks
from archcalc.lookup import ByName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.analyses.transfer import Axis
    from archcalc.tracing import Trace, TracedLayer

__all__ = ["AxisField", "Field", "ReceptiveFieldReport", "receptive_fields"]


def receptive_fields(trace: "Trace", source: str | None = None) -> ReceptiveFieldReport:
    """What unit i reads, per layer and axis: ``start + i stride`` .. ``start + i stride + size - 1``.

    Args:
        trace: the network.
        source: count in units of this layer's output instead of the network's inputs; only layers that
            depend on it are in the report then, and paths around it do not count. An input: that one alone.
    """
    if source is not None and source in trace.inputs:
        return receptive_fields(trace).on(source)
    misaligned: list[Misalignment] = []

    def join(layer: "TracedLayer", axis: "Axis", parts: "Mapping[int, Track]") -> Track:
        track, finding = _joined(layer, axis, parts), misalignment(layer, axis, parts)
        if finding is None:
            return track
        misaligned.append(finding)
        return track._replace(field=replace(track.field, aligned=False))

    sources = trace.inputs if source is None else {source: trace.layer(source).output}
    found = tracks(trace, sources, join)
    positions = axes_of_positions(trace.inputs, found) if source is None else _running_on(trace, source)
    outputs = {
        port: tuple(_fields(at, positions)) for port, at in found.items() if at and port[0] not in sources
    }
    first = {layer.name: (layer.name, trace.output_names(layer.name)[0]) for layer in trace.layers}
    layers = ByName({name: outputs[port] for name, port in first.items() if port in outputs})
    return ReceptiveFieldReport(layers, outputs, tuple(misaligned))


def _running_on(trace: "Trace", source: str) -> "set[Axis]":
    """The axes of a layer's output along which some position axis of an input runs."""
    found = tracks(trace, trace.inputs, _joined)
    here = found[source, trace.output_names(source)[0]]
    alongs = (here[axis].field.along for axis in axes_of_positions(trace.inputs, found) & here.keys())
    return {(source, along) for along in alongs if along is not None}


def _fields(at: "Mapping[Axis, Track]", positions: "set[Axis]") -> "Iterator[Field]":
    """The fields of one output, one per input that it depends on."""
    for name in dict.fromkeys(name for name, _ in at):
        axes = sorted(axis for axis in at if axis[0] == name and axis in positions)
        yield Field(name, tuple(at[axis].field for axis in axes))


def _joined(layer: "TracedLayer", axis: "Axis", parts: "Mapping[int, Track]") -> Track:
    """What units read that read several inputs."""
    del layer, axis
    role = next((part.role for part in parts.values() if part.role is not None), None)
    return Track(_hull([part.field for part in parts.values()]), role)


def _hull(fields: "Sequence[AxisField]") -> AxisField:
    """The interval that holds all of several, and what is known of them together."""
    moving = [field.spans for field in fields if field.spans is not None and field.spans.shift]
    still = [field.spans for field in fields if field.spans is not None and not field.spans.shift]
    graph = any(field.hops is not None for field in fields)
    local = {field.along for field in fields if field.spans is not None or field.hops is not None}
    # Units that move along beside one that stays: no interval that moves holds both.
    apart = len(local) > 1 or bool(moving and still)
    hull = merged(moving or still) if (moving or still) and not apart and not graph else None
    ways = [(field.spans, field.hops) for field in fields if field.spans or field.hops or not field.whole]
    hops = farthest(ways) if graph and not apart else None
    known = hops is not None if graph else hull is not None or not moving
    alongs = {field.along for field in fields}
    return AxisField(
        fields[0].axis,
        fields[0].length,
        hull,
        whole=apart or any(field.whole for field in fields),
        aligned=all(field.aligned for field in fields),
        exact=all(field.exact for field in fields) and not apart and known,
        # Where inputs run along different axes, those that are read locally decide.
        along=next(iter(alongs if len(alongs) == 1 else local)) if 1 in (len(alongs), len(local)) else None,
        hops=hops,
    )
