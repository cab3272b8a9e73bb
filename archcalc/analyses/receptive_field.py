"""Receptive fields: which interval of the network's input one unit of each layer reads, per axis.

Intervals after Araujo, Norris & Sim 2019 (Distill, "Computing Receptive Fields of Convolutional Neural
Networks"), carried as exact periodic functions so that branches and phases stay exact too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.analyses.alignment import Misalignment, misalignment
from archcalc.analyses.hops import farther, farthest, kept
from archcalc.analyses.spans import POINT, Spans, fixed, hull_of, merged, through, through_past
from archcalc.facts import IDENTITY, Neighbours, Past, Phased, Whole, Window, unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.facts import AxisRead, Reads, Tensor
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class AxisField:
    """What a unit reads along one axis of an input.

    Args:
        axis: the axis of the input's shape, without the batch.
        length: positions of the input.
        spans: the interval; None where none can be given (whole only, or branches of unequal strides).
            Beside ``whole`` it is the local field: what is read on the paths that do not read everything.
        whole: some path reads every position; where it is not exact, every one that reaches the layer.
        aligned: all merged branches have the same stride, and centres on the same grid.
        exact: the interval holds no position that only other units read.
        along: the axis of the layer's output that runs along with it; None: none does any more.
        hops: in place of spans, behind graph layers: the positions from which at most so many edges lead to
            the unit's own.
    """

    axis: int
    length: int
    spans: Spans | None
    whole: bool = False
    aligned: bool = True
    exact: bool = True
    along: int | None = None
    hops: int | None = None

    @property
    def size(self) -> int | None:
        """Positions from the first to the last; the input's length when whole; the largest phase.

        None where it has no size: unaligned branches, an unbounded past, neighbours in a graph.
        """
        if self.whole:
            return self.length
        return max(self.spans.sizes) if self.spans and not self.spans.unbounded else None

    @property
    def stride(self) -> Fraction | None:
        """Input positions between two neighbouring units; None when the whole axis is read."""
        return None if self.whole or self.spans is None else self.spans.stride

    @property
    def start(self) -> int | None:
        """First position that unit 0 reads; negative: padding; None: everything before it."""
        if self.whole:
            return 0
        first = self.spans.at(0) if self.spans else None
        return first[0] if first else None


@dataclass(frozen=True, slots=True)
class Field:
    """What a unit of one layer reads of one input, per axis of positions."""

    input: str
    axes: tuple[AxisField, ...]

    @property
    def whole_input(self) -> bool:
        """Whether some path reads every position of every axis."""
        return all(axis.whole for axis in self.axes)

    @property
    def aligned(self) -> bool:
        """Whether all branches on the way met on one grid."""
        return all(axis.aligned for axis in self.axes)

    @property
    def exact(self) -> bool:
        """Whether every axis is exact."""
        return all(axis.exact for axis in self.axes)


@dataclass(frozen=True, slots=True)
class ReceptiveFieldReport:
    """Fields of every layer by name, for each input it depends on, in the order of the inputs.

    Args:
        layers: name -> fields of the layer's first output.
        outputs: (name, output) -> fields, for every output of every layer.
        misaligned: merges whose branches do not meet on one grid, where they first arise.
    """

    layers: Mapping[str, tuple[Field, ...]]
    outputs: Mapping[tuple[str, str], tuple[Field, ...]]
    misaligned: tuple[Misalignment, ...]

    def others(self, layer: "TracedLayer") -> dict[str, tuple[Field, ...]]:
        """Fields of the layer's further outputs that differ from those of its first one (LSTM's h_n)."""
        mine = _apart(self.layers.get(layer.name, ()))
        fields = {name: self.outputs.get((layer.name, name), ()) for name in layer.facts.other_reads}
        return {name: found for name, found in fields.items() if found and _apart(found) != mine}


def _apart(fields: "Sequence[Field]") -> list[tuple[str, list[AxisField]]]:
    """What fields say of the inputs, whichever axes of the output run along with them."""
    return [(field.input, [replace(axis, along=None) for axis in field.axes]) for field in fields]


@dataclass(frozen=True, slots=True)
class _Track:
    """One input axis seen from one output of a layer."""

    axis: int | None
    """The layer's output axis that runs along with it."""
    field: AxisField
    positions: bool | None = None
    """Whether a window slides along it (positions) or a layer mixes it (features); None: neither yet."""


_Key = tuple[str, int]
_Tracks = dict[_Key, _Track]
_Port = tuple[str, str]


def receptive_fields(trace: "Trace", source: str | None = None) -> ReceptiveFieldReport:
    """What unit i reads, per layer and axis: ``start + i stride`` .. ``start + i stride + size - 1``.

    Args:
        trace: the network.
        source: count in units of this layer's output instead of the network's inputs; only layers that
            depend on it are in the report then, and paths around it do not count.
    """
    tracks: dict[_Port, _Tracks] = {}
    misaligned: list[Misalignment] = []
    sources = trace.inputs if source is None else {source: trace.layer(source).output}
    for name, tensor in sources.items():
        tracks[name, trace.output_names(name)[0]] = _started(name, tensor)
    for layer in trace.layers:
        if layer.name not in sources:
            for output in layer.facts.outputs:
                found = _layer(layer, output, tracks, misaligned)
                if found:
                    tracks[layer.name, output] = found
    axes = _position_axes(sources, tracks) if source is None else _axes_of(trace, source)
    outputs = {port: tuple(_fields(found, axes)) for port, found in tracks.items() if port[0] not in sources}
    first = {layer.name: (layer.name, next(iter(layer.facts.outputs))) for layer in trace.layers}
    layers = {name: outputs[port] for name, port in first.items() if port in outputs}
    return ReceptiveFieldReport(layers, outputs, tuple(misaligned))


def _started(name: str, tensor: "Tensor") -> _Tracks:
    """Every unit reads itself."""
    axes = enumerate(tensor.shape)
    return {(name, axis): _Track(axis, AxisField(axis, length, POINT)) for axis, length in axes}


def _axes_of(trace: "Trace", source: str) -> set[_Key]:
    """The axes of a layer's output along which some position axis of an input runs."""
    tracks: dict[_Port, _Tracks] = {(name, "output"): _started(name, t) for name, t in trace.inputs.items()}
    for layer in trace.layers:
        for output in layer.facts.outputs:
            tracks[layer.name, output] = _layer(layer, output, tracks, [])
    positions = _position_axes(trace.inputs, tracks)
    found = tracks[source, trace.output_names(source)[0]]
    return {(source, found[key].axis or 0) for key in positions & found.keys() if found[key].axis is not None}


def _layer(
    layer: "TracedLayer",
    output: str,
    tracks: "Mapping[_Port, _Tracks]",
    misaligned: list[Misalignment],
) -> _Tracks:
    arriving: dict[_Key, list[tuple[int, _Track]]] = {}
    for index, (port, reads) in enumerate(zip(layer.inputs, layer.facts.reads_of(output), strict=True)):
        if unread(reads):
            continue
        for key, track in tracks.get((port.layer, port.output), {}).items():
            arriving.setdefault(key, []).append((index, _step(track, reads, port.tensor)))
    found: _Tracks = {}
    for key, parts in arriving.items():
        found[key] = _join([track for _, track in parts])
        spans = {
            index: track.field.spans for index, track in parts if track.field.spans and track.axis is not None
        }
        finding = misalignment(layer, key, spans) if len(spans) > 1 else None
        if finding:
            found[key] = replace(found[key], field=replace(found[key].field, aligned=False))
            misaligned.append(finding)
    return found


def _step(track: _Track, reads: "Reads", tensor: "Tensor") -> _Track:
    if track.axis is None:
        return track
    read, field = reads[track.axis], track.field
    spans, hops = field.spans and _through(field.spans, read), _hops(field, read)
    exact = field.exact and not read.sampled and read.border != "absent"
    exact &= not any(_leaves_units_empty(each) for each in reads)
    # Where nodes were left out, those that stay need not read everything together.
    exact &= field.hops is None or read.reach == IDENTITY or not isinstance(read.reach, Window | Phased)
    if read.statistic or isinstance(read.reach, Whole):
        exact &= field.whole or _read_by_all(field, tensor.shape[track.axis])
    whole = field.whole or read.statistic or isinstance(read.reach, Whole)
    field = replace(field, spans=spans, hops=hops, whole=whole)
    whole = whole or _covered(field)
    exact &= whole or spans is not None or hops is not None
    return _Track(read.to, replace(field, exact=exact, whole=whole), _role(track.positions, read, tensor))


def _through(spans: Spans, read: "AxisRead") -> Spans | None:
    """What units read behind one more layer; None where that is no interval that moves along."""
    if isinstance(read.reach, Whole | Neighbours):
        return None
    if isinstance(read.reach, Past):
        return through_past(spans)
    return fixed(spans, read.reach) if read.to is None else through(spans, read.reach)


def _hops(field: AxisField, read: "AxisRead") -> int | None:
    """Hops behind one more layer; None where nothing counts in them."""
    if isinstance(read.reach, Neighbours):
        return farther(field.spans, field.hops, read.reach)
    if field.hops is None or isinstance(read.reach, Whole | Past):
        return None
    return kept(field.hops, read.reach)


def _leaves_units_empty(read: "AxisRead") -> bool:
    """Whether some units read nothing on this axis, and so nothing on any other."""
    return isinstance(read.reach, Phased) and not all(read.reach.phases)


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


def _role(known: bool | None, read: "AxisRead", tensor: "Tensor") -> bool | None:  # noqa: FBT001  three states
    """Whether the axis holds positions, from the first read that tells: a joined or kept axis does not.

    Whole numbers (tokens, edges) have no features: their axes are positions, but for the ends of an edge.
    """
    if known is not None:
        return known
    if isinstance(read.reach, Whole) and (read.to is not None or not tensor.is_float):
        return not read.reach.features
    if not tensor.is_float:
        return True
    if read.to is None:
        return None
    if isinstance(read.reach, Whole | Past | Neighbours):
        return True
    single = len(read.reach.phases) == 1 and read.reach.shift == 1 and len(read.reach.phases[0]) == 1
    return None if single else True


def _join(parts: "Sequence[_Track]") -> _Track:
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    positions = next((part.positions for part in parts if part.positions is not None), None)
    fields = [part.field for part in parts]
    moving = [field.spans for field in fields if field.spans is not None and field.spans.shift]
    still = [field.spans for field in fields if field.spans is not None and not field.spans.shift]
    graph = any(field.hops is not None for field in fields)
    axes = {part.axis for part in parts if part.field.spans is not None or part.field.hops is not None}
    apart = len(axes) > 1 or bool(moving and still)
    hull = merged(moving or still) if (moving or still) and not apart and not graph else None
    ways = [(field.spans, field.hops) for field in fields if field.spans or field.hops or not field.whole]
    hops = farthest(ways) if graph and not apart else None
    field = AxisField(
        first.field.axis,
        first.field.length,
        hull,
        # Units that move along beside one that stays: no interval that moves holds both.
        whole=apart or any(field.whole for field in fields),
        aligned=all(field.aligned for field in fields),
        exact=all(field.exact for field in fields)
        and not apart
        and (hops is not None if graph else hull is not None or not moving),
        hops=hops,
    )
    axis = first.axis if len({part.axis for part in parts}) == 1 else next(iter(axes), None)
    return _Track(None if apart and len(axes) > 1 else axis, field, positions)


def _position_axes(inputs: "Mapping[str, Tensor]", tracks: "Mapping[_Port, _Tracks]") -> set[_Key]:
    """Input axes that hold positions: those that a window slides along before any layer mixes them.

    An axis that nothing touches holds positions when another one is known to hold the features; when
    nothing is known the first axis holds them, as in (C, H, W).
    """
    found: set[_Key] = set()
    for name, tensor in inputs.items():
        keys = [(name, axis) for axis in range(len(tensor.shape))]
        roles = {key: {at[key].positions for at in tracks.values() if key in at} for key in keys}
        features = any(False in seen and True not in seen for seen in roles.values())
        for key, seen in roles.items():
            if True in seen or (False not in seen and (features or key[1] > 0)):
                found.add(key)
    return found


def _fields(tracks: "Mapping[_Key, _Track]", positions: set[_Key]) -> "Iterable[Field]":
    """The fields of one layer, one per input that it depends on."""
    for name in dict.fromkeys(name for name, _ in tracks):
        keys = sorted(key for key in tracks if key[0] == name and key in positions)
        yield Field(name, tuple(replace(tracks[key].field, along=tracks[key].axis) for key in keys))
