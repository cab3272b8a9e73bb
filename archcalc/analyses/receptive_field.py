"""Receptive fields: which interval of the network's input one unit of each layer reads, per axis.

Intervals after Araujo, Norris & Sim 2019 (Distill, "Computing Receptive Fields of Convolutional Neural
Networks"), carried as exact periodic functions so that branches and phases stay exact too.
"""

from typing import TYPE_CHECKING

from archcalc.analyses.alignment import Misalignment, apart, misalignment
from archcalc.analyses.fields import AxisField, Field, FieldsOfOutputs, ReceptiveFieldReport
from archcalc.analyses.roles import axes_of_positions
from archcalc.analyses.spans import merged
from archcalc.analyses.stepping import Track
from archcalc.analyses.tracks import tracks
from archcalc.collecting import uncollected
from archcalc.effort import with_a_budget
from archcalc.tracing.in_runs import by_layer
from archcalc.tracing.records import TracedLayer
from archcalc.tracing.runs import parts_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.analyses.spans import Spans
    from archcalc.analyses.transfer import Axis, Output
    from archcalc.tracing import Trace
    from archcalc.tracing.runs import Run

__all__ = ["AxisField", "Field", "ReceptiveFieldReport", "receptive_fields"]


@with_a_budget
@uncollected()
def receptive_fields(trace: "Trace", source: str | None = None) -> ReceptiveFieldReport:
    """What unit i reads, per layer and axis: ``start + i stride`` .. ``start + i stride + size - 1``.

    Where units differ by phase (upsampling, adaptive pools), ``spans.at(i)`` has the interval of each.

    Args:
        trace: the network.
        source: count in units of this layer's output instead of the network's inputs; only layers that
            depend on it are in the report then, and paths around it do not count. An input: that one alone.
    """
    if source is not None and source in trace.inputs:
        return receptive_fields(trace).on(source)
    misaligned: list[Misalignment] = []

    def join(layer: "TracedLayer", axis: "Axis", parts: "Mapping[int, Track]") -> Track:
        finding = misalignment(layer, axis, parts)
        if finding is not None:
            misaligned.append(finding)
        return _joined(list(parts.values()), aligned=finding is None)

    sources = trace.inputs if source is None else {source: trace.layer(source).output}
    found = tracks(trace, sources, _merged, join)
    read = {id(at): at for at in found.values()}  # outputs that read alike share it, and have one record
    axes = axes_of_positions(trace.inputs, found.roles) if source is None else _running_on(trace, source)
    positions: dict[str, list[Axis]] = {name: [] for name in sources}
    for axis in sorted(axes):
        positions[axis[0]].append(axis)
    fields = {alike: _fields(at, positions) for alike, at in read.items()}
    own = {port: fields[id(at)] for port, at in found.items() if at and port[0] not in sources}
    last: tuple[Mapping[Axis, Track], tuple[Field, ...]] = {}, ()

    def one(port: "Output") -> tuple[Field, ...]:
        nonlocal last
        if port[0] in sources:
            return ()
        at, known = found.of(*port), last
        if at is not known[0]:  # of layers in a row those that read alike share it
            known = last = at, _fields(at, positions)
        return known[1]

    outputs = FieldsOfOutputs(own, trace.layers, one)
    return ReceptiveFieldReport(_first(trace, own, outputs), outputs, tuple(misaligned))


def _first(
    trace: "Trace",
    own: "Mapping[Output, tuple[Field, ...]]",
    outputs: "Mapping[Output, tuple[Field, ...]]",
) -> "Mapping[str, tuple[Field, ...]]":
    """Of the fields of outputs, those of the first one of every layer.

    Args:
        trace: the network.
        own: of outputs outside of runs.
        outputs: of any.
    """

    def within(run: "Run", at: int, turn: int) -> "tuple[Field, ...] | None":
        one = run.written.layers[at]
        return outputs.get((run.turn_name(turn) + run.below(one.name), next(iter(one.facts.outputs))))

    found: dict[str, tuple[Field, ...]] = {}
    for part in parts_of(trace.layers):
        if isinstance(part, TracedLayer):
            fields = own.get((part.name, next(iter(part.facts.outputs))))
            if fields:
                found[part.name] = fields
    return by_layer(trace.layers, found, within)


def _running_on(trace: "Trace", source: str) -> "set[Axis]":
    """The axes of a layer's output along which some position axis of an input runs."""
    found = tracks(trace, trace.inputs, _merged)
    here = found.of(source, trace.output_names(source)[0])
    axes = axes_of_positions(trace.inputs, found.roles) & here.keys()
    alongs = (here[axis].field.along for axis in axes)
    return {(source, along) for along in alongs if along is not None}


def _fields(at: "Mapping[Axis, Track]", positions: "Mapping[str, Sequence[Axis]]") -> tuple[Field, ...]:
    """The fields of one output, one per input that it depends on.

    Args:
        at: what it reads.
        positions: input -> its axes that hold positions, in order.
    """
    found: list[Field] = []
    for name in positions if at and len(positions) == 1 else dict.fromkeys([name for name, _ in at]):
        axes = [at[axis].field for axis in positions[name] if axis in at]
        found.append(Field(name, tuple(axes)))
    return tuple(found)


def _merged(parts: "Sequence[Track]") -> Track:
    """What units read that read several ways; these may be of one layer that told them apart."""
    return _joined(parts, aligned=not apart(part.field for part in parts))


def _joined(parts: "Sequence[Track]", *, aligned: bool) -> Track:
    """The same, when it is known whether they meet on one grid."""
    role = next((part.role for part in parts if part.role is not None), None)
    divided = frozenset[int]().union(*(part.divided for part in parts))
    return Track(_hull([part.field for part in parts], aligned=aligned), role, divided)


def _farthest(ways: "Sequence[tuple[Spans | None, int | None]]") -> int | None:
    from archcalc.analyses.hops import farthest

    return farthest(ways)


def _hull(fields: "Sequence[AxisField]", *, aligned: bool) -> AxisField:
    """The interval that holds all of several, and what is known of them together."""
    unsaid = next((field for field in fields if field.unknown), None)
    if unsaid is not None:
        return next((field for field in fields if field.whole), unsaid)
    moving = [field.spans for field in fields if field.spans is not None and field.spans.shift]
    still = [field.spans for field in fields if field.spans is not None and not field.spans.shift]
    graph = any(field.hops is not None for field in fields)
    local = {field.along for field in fields if field.spans is not None or field.hops is not None}
    # Units that move along beside one that stays: no interval that moves holds both.
    both = len(local) > 1 or bool(moving and still)
    hull = merged(moving or still) if (moving or still) and not both and not graph else None
    ways = [(field.spans, field.hops) for field in fields if field.spans or field.hops or not field.whole]
    hops = _farthest(ways) if graph and not both else None
    known = hops is not None if graph else hull is not None or not moving
    alongs = {field.along for field in fields}
    return AxisField(
        fields[0].axis,
        fields[0].length,
        hull,
        whole=both or any(field.whole for field in fields),
        aligned=aligned and all(field.aligned for field in fields),
        exact=all(field.exact for field in fields) and not both and known,
        # Where inputs run along different axes, those that are read locally decide.
        along=next(iter(alongs if len(alongs) == 1 else local)) if 1 in (len(alongs), len(local)) else None,
        hops=hops,
    )
