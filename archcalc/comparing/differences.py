"""What differs between two networks: layer by layer, in what goes in and out, and in all."""

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, cast

from archcalc.comparing.decomposing import equal_places
from archcalc.comparing.layers import Detail, following_differences, own_differences
from archcalc.comparing.naming import is_automatic, paired_inputs
from archcalc.comparing.sides import LayerNumbers
from archcalc.comparing.wiring import Wiring
from archcalc.matching.forms import IN_MEMORY
from archcalc.matching.layers import paired_layers
from archcalc.quantities.table import QUANTITIES, Quantity
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.comparing.places import OpenPlace, SidedName
    from archcalc.comparing.sides import Side
    from archcalc.matching.layers import LayerPairs
    from archcalc.tracing import Trace, TracedLayer

Becoming = Literal["added", "removed", "changed", "moved", "renamed", "affected"]
TOTALS = (
    *("layers", "depth", "params", "trainable_params", "buffers", "macs", "flops", "receptive_field"),
    *("local_field", "activations", "memory"),
)
"""Quantities that are told of two networks."""
FOLLOWED = frozenset({"receptive_field"})
"""Of a layer: what was followed through other layers, which may be less exact."""
STATED = ("task", "loss", "min_receptive_field", "training")
"""What a spec says of a network beside its layers, and a torch module does not."""


@dataclass(frozen=True, slots=True)
class LayerDifference:
    """A layer that is not the same in both networks.

    Args:
        marks: what has become of it: written otherwise, at another place in the order, called otherwise;
            ``affected``: nothing but what follows from other layers.
        before: the layer of the first network.
        after: that of the second one.
        ours: its numbers in the first network; zeros where it is not there.
        theirs: its numbers in the second network.
        details: what differs.
        automatic: it is called otherwise, and nothing else: nobody has given it one of the two names.
    """

    marks: tuple[Becoming, ...]
    before: "TracedLayer | None"
    after: "TracedLayer | None"
    ours: LayerNumbers
    theirs: LayerNumbers
    details: tuple[Detail, ...] = ()
    automatic: bool = False

    @property
    def layer(self) -> "TracedLayer":
        """The layer of the second network, or else of the first one."""
        return cast("TracedLayer", self.after or self.before)

    @property
    def deltas(self) -> LayerNumbers:
        """By how much its numbers grow; of MACs None where they are not known on one side."""
        both = zip(self.ours, self.theirs, strict=True)
        return LayerNumbers(*(None if None in pair else pair[1] - pair[0] for pair in both))  # type: ignore[operator, arg-type]


@dataclass(frozen=True, slots=True)
class Total:
    """A number of both networks; None where it is not known."""

    quantity: Quantity
    before: int | None
    after: int | None

    @property
    def delta(self) -> int | None:
        """By how much it grows."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def share(self) -> Fraction | None:
        """By which share of what it was it grows; None where that was nothing."""
        return Fraction(self.delta, self.before) if self.delta is not None and self.before else None


@dataclass(frozen=True, slots=True)
class NetworkDifference:
    """What differs between two networks.

    Args:
        first: a network.
        second: another one.
        layers: those that are not the same, in the order of the second network.
        network: inputs, outputs, variables and what else is stated.
        totals: their numbers.
        automatic: layers that are called otherwise where that means nothing.
        places: where a torch module is put together otherwise, and calculates the same.
    """

    first: "Side"
    second: "Side"
    layers: tuple[LayerDifference, ...]
    network: tuple[Detail, ...]
    totals: tuple[Total, ...]
    automatic: tuple[LayerDifference, ...]
    places: "tuple[OpenPlace, ...]"

    def total(self, quantity: Quantity) -> "Total":
        """A number of both networks."""
        return Total(quantity, *(number_in(quantity, side) for side in (self.first, self.second)))

    @property
    def same(self) -> bool:
        """Whether nothing differs but names that nobody has given, and how the same is put together."""
        return not self.layers and not self.network


def network_difference(first: "Side", second: "Side") -> NetworkDifference:
    """What has to be changed in the first network so that it becomes the second one."""
    pairs = paired_layers(first.trace, second.trace)
    inputs = paired_inputs(first.trace, second.trace)
    wiring = Wiring(first.trace, second.trace, pairs, {theirs: ours for ours, theirs in inputs.items()})
    found = list(_layers(first, second, pairs, wiring))
    places = _equal_places(first, second, pairs, inputs, found)
    found = _beside(found, places)
    network = (
        *_inputs(first, second, inputs),
        *_outputs(first.trace, second.trace, wiring),
        *_stated(first, second),
    )
    return NetworkDifference(
        first,
        second,
        tuple(each for each in found if not each.automatic),
        network,
        tuple(
            Total(QUANTITIES[name], *(number_in(QUANTITIES[name], side) for side in (first, second)))
            for name in TOTALS
        ),
        tuple(each for each in found if each.automatic),
        places,
    )


def _equal_places(
    first: "Side",
    second: "Side",
    pairs: "LayerPairs",
    inputs: "Mapping[str, str]",
    found: "Sequence[LayerDifference]",
) -> "tuple[OpenPlace, ...]":
    """Where a torch module does with other calls what the other network has as layers.

    Of two specs everything was written, and is told.
    """
    other = frozenset(node for each in found if not each.automatic for node in _nodes(each))
    if not other or not (first.imported or second.imported):
        return ()
    from archcalc.bridge.equal_places import same_numbers  # torch is there: it has run the module

    ours = {theirs: ours for ours, theirs in inputs.items()}
    return tuple(equal_places((first.trace, second.trace), pairs, ours, other, same_numbers))


def _nodes(each: LayerDifference) -> "Iterator[SidedName]":
    """The layers of a difference that is more than a name, or than what follows from others."""
    if each.marks not in (("renamed",), ("affected",)):
        yield from (
            (side, layer.name) for side, layer in enumerate((each.before, each.after)) if layer is not None
        )


def _beside(found: "Sequence[LayerDifference]", places: "Sequence[OpenPlace]") -> list[LayerDifference]:
    """What differs beside these places; where nothing does, not what was followed through them either."""
    same = {node for place in places for node in place.nodes}
    left = [each for each in found if same.isdisjoint(_nodes(each))]
    if places and all(each.automatic or each.marks == ("affected",) for each in left):
        left = [
            each
            for each in left
            if any(detail.what not in FOLLOWED for detail in each.details) or each.automatic
        ]
    return left


def number_in(quantity: Quantity, side: "Side") -> int | None:
    """The number of a network; None where it is not known, or no number."""
    found = quantity.of(side.measuring)
    return found if isinstance(found, int) else None


def _layers(
    first: "Side", second: "Side", pairs: "LayerPairs", wiring: Wiring
) -> "Iterator[LayerDifference]":
    """All that are not the same; those that were removed behind the layer that they have followed."""
    gone: dict[str | None, list[LayerDifference]] = {}
    behind: str | None = None
    for layer in first.trace.layers:
        behind = pairs.partner.get(layer.name, behind)
        if layer.name not in pairs.partner:
            ours = first.numbers[layer.name]
            removed = LayerDifference(("removed",), layer, None, ours, LayerNumbers())
            gone.setdefault(behind, []).append(removed)
    yield from gone.get(None, ())
    for layer in second.trace.layers:
        if layer.name not in pairs.back:
            yield LayerDifference(("added",), None, layer, LayerNumbers(), second.numbers[layer.name])
        else:
            found = _pair(first, second, first.trace.by_name[pairs.back[layer.name]], layer, pairs, wiring)
            if found is not None:
                yield found
        yield from gone.get(layer.name, ())


def _pair(
    first: "Side",
    second: "Side",
    one: "TracedLayer",
    other: "TracedLayer",
    pairs: "LayerPairs",
    wiring: Wiring,
) -> LayerDifference | None:
    unsaid = IN_MEMORY if first.imported or second.imported else ()
    own = [each for each in own_differences(one, other, pairs.partner) if each.what not in unsaid]
    moved = one.name in wiring.moved
    if wiring.rewired(one, other) and not moved:
        own.append(_reads(one, other))
    following = tuple(following_differences(first, second, one, other))
    renamed = one.name != other.name
    automatic = renamed and is_automatic(first, second, one, other)
    said: dict[Becoming, bool] = {"changed": bool(own), "moved": moved, "renamed": renamed and not automatic}
    marks: list[Becoming] = [mark for mark, true in said.items() if true]
    if following and not marks:
        marks = ["affected"]
    if not marks and not automatic:
        return None
    numbers = first.numbers[one.name], second.numbers[other.name]
    details = (*own, *([_reads(one, other)] if moved else []), *following)
    return LayerDifference(tuple(marks) or ("renamed",), one, other, *numbers, details, not marks)


def _reads(one: "TracedLayer", other: "TracedLayer") -> Detail:
    return Detail("reads", *([str(port) for port in layer.inputs] for layer in (one, other)))


def _inputs(first: "Side", second: "Side", pairs: Mapping[str, str]) -> "Iterator[Detail]":
    ours, theirs = first.trace.inputs, second.trace.inputs
    for name, tensor in ours.items():
        other = theirs.get(pairs.get(name, ""))
        if other is None:
            yield Detail(f"input {name}", list(tensor.shape), None)
        elif (tensor.shape, tensor.dtype) != (other.shape, other.dtype):
            dtypes = tensor.dtype != other.dtype
            yield Detail(
                f"input {name}",
                *(
                    _tensor(*each, dtypes=dtypes)
                    for each in ((tensor.shape, tensor.dtype), (other.shape, other.dtype))
                ),
            )
        if name in pairs and pairs[name] != name and not first.imported and not second.imported:
            yield Detail("input", name, pairs[name])
    for name in theirs:
        if name not in pairs.values():
            yield Detail(f"input {name}", None, list(theirs[name].shape))


def _tensor(shape: tuple[int, ...], dtype: str, *, dtypes: bool) -> object:
    return f"{list(shape)} {dtype}" if dtypes else list(shape)


def _outputs(first: "Trace", second: "Trace", wiring: Wiring) -> "Iterator[Detail]":
    if not wiring.same_ports(first.outputs, second.outputs):
        yield Detail("outputs", *([str(port) for port in trace.outputs] for trace in (first, second)))


def _stated(first: "Side", second: "Side") -> "Iterator[Detail]":
    """Variables and what is said of the network; a torch module says nothing."""
    if first.imported or second.imported:
        return
    ours, theirs = first.trace.stated, second.trace.stated
    mine, its = (
        {**_mapping(said.get("vars")), **side.values} for said, side in ((ours, first), (theirs, second))
    )
    for name in dict.fromkeys((*mine, *its)):
        if mine.get(name) != its.get(name):
            yield Detail(f"var {name}", mine.get(name), its.get(name))
    for key in STATED:
        if ours.get(key) != theirs.get(key):
            yield Detail(key, ours.get(key), theirs.get(key))


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
