"""What receptive fields are told as: of an axis, of an input, of a network."""

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from archcalc.analyses.alignment import Misalignment
from archcalc.analyses.spans import Spans
from archcalc.lookup import no_layer
from archcalc.records import dataclass
from archcalc.tracing.in_runs import own_of
from archcalc.tracing.runs import TurnedLayers
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from archcalc.analyses.transfer import Output
    from archcalc.tracing import TracedLayer

K = TypeVar("K")


class AxisField(NamedTuple):
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
        unknown: in place of spans, behind a layer of which nobody can say what it reads.
    """

    axis: int
    length: int
    spans: Spans | None
    whole: bool = False
    aligned: bool = True
    exact: bool = True
    along: int | None = None
    hops: int | None = None
    unknown: bool = False

    @property
    def only_whole(self) -> bool:
        """Whether every unit reads all of it, and nothing is known of a local field beside."""
        return self.whole and self.spans is None and self.hops is None

    @property
    def size(self) -> int | None:
        """Positions from the first to the last; the input's length when whole; the largest phase.

        None where it has no size: unaligned branches, an unbounded past, neighbours in a graph.
        """
        if self.whole:
            return self.length
        return max(self.spans.sizes) if self.spans and not self.spans.unbounded else None

    @property
    def least(self) -> int | None:
        """Positions that the unit reads that reads least; None where it has no size, or units do not move."""
        spans = self.spans if self.along is not None else None
        return min(filter(None, spans.sizes), default=None) if spans else None

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


@dataclass(frozen=True, slots=True, repr=False)
class Field:
    """What a unit of one layer reads of one input, per axis of positions."""

    input: str
    axes: tuple[AxisField, ...]

    def __repr__(self) -> str:
        """Size, stride and start of every axis; of units that differ the largest, the mean and the first."""
        axes = ("whole" if axis.whole else f"{axis.size} {axis.stride} {axis.start}" for axis in self.axes)
        return f"<Field on {self.input}: size, stride, start {' x '.join(axes)}>"

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


class FieldsOfOutputs(Mapping["Output", tuple[Field, ...]]):
    """Layer and output -> fields, of which those within runs are worked out when they are asked for.

    Args:
        own: of what was followed.
        layers: of the network.
        one: the fields of any output; none where it depends on no input.
    """

    def __init__(
        self,
        own: "Mapping[Output, tuple[Field, ...]]",
        layers: "Sequence[TracedLayer]",
        one: "Callable[[Output], tuple[Field, ...]]",
    ) -> None:
        self._own, self._layers, self._one = own, layers, one

    def __getitem__(self, port: "Output") -> tuple[Field, ...]:
        found = self._own.get(port) or (self._one(port) if isinstance(self._layers, TurnedLayers) else ())
        if not found:
            raise KeyError(port)
        return found

    def __iter__(self) -> "Iterator[Output]":
        if not isinstance(self._layers, TurnedLayers):
            return iter(self._own)
        ports = ((layer.name, output) for layer in self._layers for output in layer.facts.outputs)
        return (port for port in ports if port in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class OnInput(Mapping[K, tuple[Field, ...]]):
    """The fields on one input alone, of what depends on it; of runs those that are asked for."""

    def __init__(self, name: str, fields: Mapping[K, tuple[Field, ...]]) -> None:
        self.name, self.fields = name, fields
        self._known: dict[int, tuple[tuple[Field, ...], tuple[Field, ...]]] = {}
        """Fields by their ``id``, and those of them on this input: what reads alike goes on to share them."""

    def __getitem__(self, key: K) -> tuple[Field, ...]:
        found = self.fields.get(key, ())
        if id(found) not in self._known:
            self._known[id(found)] = found, tuple(field for field in found if field.input == self.name)
        own = self._known[id(found)][1]
        if not own:
            raise KeyError(key)
        return own

    def __iter__(self) -> "Iterator[K]":
        return (key for key in self.fields if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True, repr=False)
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

    def __repr__(self) -> str:
        """What it is about in a line."""
        return f"<ReceptiveFieldReport of {len(self.layers):,} layers>"

    def each(self) -> "Iterable[tuple[Field, ...]]":
        """The fields of all layers; of turns whose fields differ in their ends alone those of one."""
        layers = self.layers
        if isinstance(layers, OnInput):
            return OnInput(layers.name, own_of(layers.fields)).values()
        return own_of(layers).values()

    def on(self, name: str) -> "ReceptiveFieldReport":
        """The fields on one input alone, of the layers that depend on it.

        Raises:
            UnknownName: none does: there is no such input.
        """
        known = dict.fromkeys(field.input for fields in self.each() for field in fields)
        if name not in known:
            raise no_layer(name, known, "layer that depends on an input")
        misaligned = tuple(finding for finding in self.misaligned if finding.input == name)
        return ReceptiveFieldReport(OnInput(name, self.layers), OnInput(name, self.outputs), misaligned)

    def others(self, layer: "TracedLayer") -> dict[str, tuple[Field, ...]]:
        """Fields of the layer's further outputs that differ from those of its first one (LSTM's h_n)."""
        mine = _apart(self.layers.get(layer.name, ()))
        fields = {name: self.outputs.get((layer.name, name), ()) for name in layer.facts.other_reads}
        return {name: found for name, found in fields.items() if found and _apart(found) != mine}


def _apart(fields: "Sequence[Field]") -> list[tuple[str, list[AxisField]]]:
    """What fields say of the inputs, whichever axes of the output run along with them."""
    return [(field.input, [axis._replace(along=None) for axis in field.axes]) for field in fields]
