"""Receptive fields: which interval of the network's input one unit of each layer reads, per axis.

Intervals after Araujo, Norris & Sim 2019 (Distill, "Computing Receptive Fields of Convolutional Neural
Networks"), carried as exact periodic functions so that branches and phases stay exact too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.analyses.spans import POINT, Spans, merged, through
from archcalc.facts import Whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.facts import AxisRead, Reads
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class AxisField:
    """What a unit reads along one axis of an input.

    Args:
        length: positions of the input.
        spans: the interval; None where none can be given (whole only, or branches of unequal strides).
        whole: some path reads every position.
        aligned: all merged branches have the same stride.
        exact: the interval holds no position that only other units read.
    """

    length: int
    spans: Spans | None
    whole: bool = False
    aligned: bool = True
    exact: bool = True

    @property
    def size(self) -> int | None:
        """Positions from the first to the last; the input's length when whole; the largest phase."""
        if self.whole:
            return self.length
        return max(self.spans.sizes) if self.spans else None

    @property
    def stride(self) -> Fraction | None:
        """Input positions between two neighbouring units; None when the whole axis is read."""
        return None if self.whole or self.spans is None else self.spans.stride

    @property
    def start(self) -> int | None:
        """First position that unit 0 reads; negative: padding."""
        if self.whole:
            return 0
        return self.spans.ends[0][0] if self.spans else None


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
    def exact(self) -> bool:
        """Whether every axis is exact and aligned."""
        return all(axis.exact and axis.aligned for axis in self.axes)


@dataclass(frozen=True, slots=True)
class ReceptiveFieldReport:
    """Fields of every layer by name, for each input it depends on, in the order of the inputs."""

    layers: Mapping[str, tuple[Field, ...]]


@dataclass(frozen=True, slots=True)
class _Track:
    """One input axis seen from one layer."""

    axis: int | None
    """The layer's output axis that runs along with it."""
    field: AxisField
    positions: bool | None = None
    """Whether a window slides along it (positions) or a layer mixes it (features); None: neither yet."""


_Key = tuple[str, int]


def receptive_fields(trace: "Trace") -> ReceptiveFieldReport:
    """What unit i reads, per layer and axis: ``start + i stride`` .. ``start + i stride + size - 1``."""
    tracks: dict[str, dict[_Key, _Track]] = {
        name: {(name, axis): _Track(axis, AxisField(n, POINT)) for axis, n in enumerate(tensor.shape)}
        for name, tensor in trace.inputs.items()
    }
    for layer in trace.layers:
        tracks[layer.name] = _layer(layer, tracks)
    axes = _position_axes(trace, tracks)
    fields = {layer.name: tuple(_fields(tracks[layer.name], axes)) for layer in trace.layers}
    return ReceptiveFieldReport(fields)


def _layer(layer: "TracedLayer", tracks: "Mapping[str, Mapping[_Key, _Track]]") -> dict[_Key, _Track]:
    arriving: dict[_Key, list[_Track]] = {}
    for port, reads in zip(layer.inputs, layer.facts.reads, strict=True):
        for key, track in tracks[port.layer].items():
            arriving.setdefault(key, []).append(_step(track, reads))
    return {key: _join(parts) for key, parts in arriving.items()}


def _step(track: _Track, reads: "Reads") -> _Track:
    if track.axis is None:
        return track
    read = reads[track.axis]
    positions = _role(track.positions, read)
    if isinstance(read.reach, Whole) or read.to is None:
        field = replace(track.field, spans=None, whole=True)
    elif track.field.spans is None:
        field = track.field
    else:
        spans = through(track.field.spans, read.reach)
        field = replace(track.field, spans=spans, exact=track.field.exact and spans is not None)
    if read.partial:
        field = replace(field, exact=False)
    return _Track(read.to, field, positions)


def _role(known: bool | None, read: "AxisRead") -> bool | None:  # noqa: FBT001  three states
    """Whether the axis holds positions, from the first read that tells: a joined or kept axis does not."""
    if known is not None or read.to is None:
        return known
    if isinstance(read.reach, Whole):
        return not read.reach.features
    single = len(read.reach.phases) == 1 and read.reach.shift == 1 and len(read.reach.phases[0]) == 1
    return None if single else True


def _join(parts: "Sequence[_Track]") -> _Track:
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    positions = next((part.positions for part in parts if part.positions is not None), None)
    if any(part.axis != first.axis for part in parts):
        return _Track(None, replace(first.field, spans=None, whole=True), positions)
    local = [part.field.spans for part in parts if part.field.spans is not None]
    hull = merged(local) if local else None
    field = AxisField(
        first.field.length,
        hull,
        whole=any(part.field.whole for part in parts),
        aligned=all(part.field.aligned for part in parts) and (hull is not None or not local),
        exact=all(part.field.exact for part in parts),
    )
    return _Track(first.axis, field, positions)


def _position_axes(trace: "Trace", tracks: "Mapping[str, Mapping[_Key, _Track]]") -> set[_Key]:
    """Input axes that hold positions: those that a window slides along before any layer mixes them.

    An axis that nothing touches holds positions when another one is known to hold the features; when
    nothing is known the first axis holds them, as in (C, H, W).
    """
    found: set[_Key] = set()
    for name, tensor in trace.inputs.items():
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
        yield Field(name, tuple(tracks[key].field for key in keys))
