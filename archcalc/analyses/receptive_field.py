"""Receptive fields: which interval of the network's input one unit of each layer reads, per axis.

Intervals after Araujo, Norris & Sim 2019 (Distill, "Computing Receptive Fields of Convolutional Neural
Networks"), carried as exact periodic functions so that branches and phases stay exact too.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from archcalc.analyses.alignment import Misalignment, misalignment
from archcalc.analyses.fields import AxisField, Field, ReceptiveFieldReport
from archcalc.analyses.hops import farther, farthest, kept
from archcalc.analyses.roles import position_axes, told
from archcalc.analyses.spans import POINT, fixed, hull_of, merged, through, through_past
from archcalc.analyses.transfer import Transfer, forward
from archcalc.facts import IDENTITY, leaves_empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.analyses.roles import Role
    from archcalc.analyses.spans import Spans
    from archcalc.analyses.transfer import Axis, Output
    from archcalc.facts import AxisRead, Phased, Reads, Tensor, Window
    from archcalc.tracing import Trace, TracedLayer

__all__ = ["AxisField", "Field", "ReceptiveFieldReport", "receptive_fields"]


class _Track(NamedTuple):
    """One input axis seen from one output of a layer, and whether it holds positions."""

    field: AxisField
    role: "Role" = None


_Tracks = dict["Output", "Mapping[Axis, _Track]"]


def receptive_fields(trace: "Trace", source: str | None = None) -> ReceptiveFieldReport:
    """What unit i reads, per layer and axis: ``start + i stride`` .. ``start + i stride + size - 1``.

    Args:
        trace: the network.
        source: count in units of this layer's output instead of the network's inputs; only layers that
            depend on it are in the report then, and paths around it do not count.
    """
    sources = trace.inputs if source is None else {source: trace.layer(source).output}
    tracks, misaligned = _tracks(trace, sources)
    positions = _positions(trace, tracks) if source is None else _running_on(trace, source)
    outputs = {
        port: tuple(_fields(found, positions))
        for port, found in tracks.items()
        if found and port[0] not in sources
    }
    first = {layer.name: (layer.name, trace.output_names(layer.name)[0]) for layer in trace.layers}
    layers = {name: outputs[port] for name, port in first.items() if port in outputs}
    return ReceptiveFieldReport(layers, outputs, tuple(misaligned))


def _tracks(trace: "Trace", sources: "Mapping[str, Tensor]") -> tuple[_Tracks, list[Misalignment]]:
    """Every output with what its units see of the sources, and the merges that do not meet."""
    misaligned: list[Misalignment] = []

    def join(layer: "TracedLayer", axis: "Axis", parts: "Mapping[int, _Track]") -> _Track:
        track, finding = _joined(list(parts.values())), _misaligned(layer, axis, parts)
        if finding is None:
            return track
        misaligned.append(finding)
        return track._replace(field=replace(track.field, aligned=False))

    started = {
        (name, trace.output_names(name)[0]): {
            (name, axis): _Track(AxisField(axis, length, POINT, along=axis))
            for axis, length in enumerate(tensor.shape)
        }
        for name, tensor in sources.items()
    }
    return forward(trace, started, _stepped, join), misaligned


def _positions(trace: "Trace", tracks: _Tracks) -> "set[Axis]":
    roles = ((axis, track.role) for found in tracks.values() for axis, track in found.items())
    return position_axes(trace.inputs, roles)


def _running_on(trace: "Trace", source: str) -> "set[Axis]":
    """The axes of a layer's output along which some position axis of an input runs."""
    tracks, _ = _tracks(trace, trace.inputs)
    found = tracks[source, trace.output_names(source)[0]]
    alongs = (found[axis].field.along for axis in _positions(trace, tracks) & found.keys())
    return {(source, along) for along in alongs if along is not None}


def _fields(tracks: "Mapping[Axis, _Track]", positions: "set[Axis]") -> "Iterator[Field]":
    """The fields of one output, one per input that it depends on."""
    for name in dict.fromkeys(name for name, _ in tracks):
        axes = sorted(axis for axis in tracks if axis[0] == name and axis in positions)
        yield Field(name, tuple(tracks[axis].field for axis in axes))


def _stepped(
    tracks: "Mapping[Axis, _Track]", reads: "Reads", tensor: "Tensor"
) -> "Iterator[tuple[Axis, _Track]]":
    """What units behind one input of a layer see."""
    empty = leaves_empty(reads)
    for axis, track in tracks.items():
        along = track.field.along
        if along is None:
            yield axis, track
        else:
            field = _behind(track.field, reads[along], tensor.shape[along], empty=empty)
            yield axis, _Track(field, told(track.role, reads[along], tensor))


def _behind(before: AxisField, read: "AxisRead", units: int, *, empty: bool) -> AxisField:
    """The field behind a read of an axis of so many units; ``empty``: it leaves some without any."""
    field = _BEHIND.through(before, read)
    whole = field.whole or read.statistic
    exact = field.exact and not (empty or read.sampled or read.border == "absent")
    if whole and not before.whole:
        exact = exact and _read_by_all(before, units)
    whole = whole or _covered(field)
    exact = exact and (whole or field.spans is not None or field.hops is not None)
    same = (field.whole, field.exact, field.along) == (whole, exact, read.to)
    return field if same else replace(field, whole=whole, exact=exact, along=read.to)


def _moved(field: AxisField, spans: "Spans | None", reach: "Window | Phased") -> AxisField:
    """The field behind windows; where they leave nodes out, those that stay need not read everything."""
    if field.hops is None:
        return replace(field, spans=spans)
    return replace(field, spans=spans, hops=kept(field.hops, reach), exact=field.exact and reach == IDENTITY)


def _slid(field: AxisField, reach: "Window | Phased") -> AxisField:
    return field if reach == IDENTITY else _moved(field, field.spans and through(field.spans, reach), reach)


_BEHIND: Transfer[AxisField, AxisField] = Transfer(
    windows=_slid,
    ended=lambda field, reach: _moved(field, field.spans and fixed(field.spans, reach), reach),
    whole=lambda field, _: replace(field, spans=None, hops=None, whole=True),
    past=lambda field: replace(field, spans=field.spans and through_past(field.spans), hops=None),
    neighbours=lambda field, reach: replace(field, spans=None, hops=farther(field.spans, field.hops, reach)),
)


def _read_by_all(field: AxisField, units: int) -> bool:
    """Whether all the units of an axis together read from the first to the last position of the input."""
    if field.hops is not None:  # every node reads itself
        return True
    together = hull_of(field.spans, units) if field.spans else None
    return together is not None and (together[0] or 0) <= 0 and together[1] >= field.length - 1


def _covered(field: AxisField) -> bool:
    """Whether all units read the same, and that is the whole axis."""
    span = field.spans.at(0) if field.spans and not field.spans.shift and len(field.spans.ends) == 1 else None
    return span is not None and (span[0] or 0) <= 0 and span[1] >= field.length - 1


def _misaligned(layer: "TracedLayer", axis: "Axis", parts: "Mapping[int, _Track]") -> Misalignment | None:
    fields = ((index, track.field) for index, track in parts.items())
    spans = {index: field.spans for index, field in fields if field.spans and field.along is not None}
    return misalignment(layer, axis, spans) if len(spans) > 1 else None


def _joined(parts: "list[_Track]") -> _Track:
    """What units see that read several inputs."""
    fields = [part.field for part in parts]
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
    field = AxisField(
        fields[0].axis,
        fields[0].length,
        hull,
        whole=apart or any(field.whole for field in fields),
        aligned=all(field.aligned for field in fields),
        exact=all(field.exact for field in fields) and not apart and known,
        along=_along(fields, local),
        hops=hops,
    )
    return _Track(field, next((part.role for part in parts if part.role is not None), None))


def _along(fields: "Iterable[AxisField]", local: set[int | None]) -> int | None:
    """The axis on which all inputs agree, or else those that are read locally."""
    every = {field.along for field in fields}
    if len(every) == 1 or len(local) == 1:
        return next(iter(every if len(every) == 1 else local))
    return None
