"""Where two networks are put together otherwise and calculate the same."""

from collections import Counter
from typing import TYPE_CHECKING

from archcalc.comparing.layers import own_differences
from archcalc.comparing.places import places_of
from archcalc.layers.mathematics import Merge, Passing
from archcalc.matching.forms import sized_form
from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence

    from archcalc.comparing.places import OpenPlace, SidedName
    from archcalc.matching.layers import LayerPairs
    from archcalc.tracing import Port, Trace, TracedLayer

    Calculates = Callable[[OpenPlace], bool]
    """Whether a place gives the same numbers in both networks."""

MOVING = (Passing.REGROUPED, Passing.CHOSEN)
JOINING = (Merge.SUM, Merge.PRODUCT, Merge.CONCATENATION, Merge.STACK)


def equal_places(
    traces: "tuple[Trace, Trace]",
    pairs: "LayerPairs",
    inputs: "Mapping[str, str]",
    other: "Iterable[SidedName]",
    calculates: "Calculates",
) -> "Iterator[OpenPlace]":
    """The places that are the same function with the same weights, of all that differ.

    Args:
        traces: both networks.
        pairs: which of their layers belong together.
        inputs: name of an input of the second network -> that of the first one.
        other: layers that only one of them has, or that are not the same.
        calculates: whether a place gives the same numbers.
    """
    nodes = frozenset(other)
    same = {**inputs, **{theirs: ours for theirs, ours in pairs.back.items() if (1, theirs) not in nodes}}
    held = tuple(frozenset(_tensor_names(trace.layers)) for trace in traces)
    known: dict[Hashable, bool] = {}
    for place in places_of(traces, pairs, nodes, same):
        if not place.meetings or not _may_be_same(place, pairs) or _exchanged(place, held):
            continue
        form = _form(place)
        if form not in known:
            known[form] = calculates(place)
        if known[form]:
            yield place


def _tensor_names(layers: "Iterable[TracedLayer]") -> "Iterator[str]":
    for layer in layers:
        yield from (tensor_name(layer.name, own) for own in (*layer.facts.weights, *layer.facts.buffers))


def _exchanged(place: "OpenPlace", held: "Sequence[frozenset[str]]") -> bool:
    """Whether a tensor of one side is elsewhere in the other network: what is saved of one fits not there."""
    ours, theirs = (frozenset(_tensor_names(layers)) for layers in place.layers)
    return not (held[1].isdisjoint(ours - theirs) and held[0].isdisjoint(theirs - ours))


def _form(place: "OpenPlace") -> "Hashable":
    """What a place is, wherever it stands: layers, what they read, and where that arrives."""
    numbers: dict[tuple[int, str], int] = {}

    def port(side: int, each: "Port") -> "Hashable":
        name = place.same.get(each.layer, each.layer) if side else each.layer
        key = (side, each.layer) if (side, each.layer) in own else (2, name)
        return numbers.setdefault(key, len(numbers)), each.output, each.tensor

    own = frozenset(place.nodes)
    layers = tuple(
        (
            sized_form(layer),
            tuple(port(side, each) for each in layer.inputs),
            numbers.setdefault((side, layer.name), len(numbers)),
        )
        for side, layers in enumerate(place.layers)
        for layer in layers
    )
    meetings = tuple(
        (
            tuple(port(0, each) for each in meeting.ours),
            tuple(port(1, each) for each in meeting.theirs),
            meeting.any_order,
        )
        for meeting in place.meetings
    )
    return layers, meetings


def _may_be_same(place: "OpenPlace", pairs: "LayerPairs") -> bool:
    """Whether the place has the same weights, drops the same, and nothing was only given another argument.

    Gradients are not tried: where one ends, it is another place.
    """
    ours, theirs = place.layers
    kinds = [layer.arguments for layer in (*ours, *theirs)]
    if any(layer.tied for layer in (*ours, *theirs)) or any(
        kind.stands_in or kind.detaches for kind in kinds
    ):
        return False
    if any(len(each.ours) != len(each.theirs) for each in place.meetings):
        return False
    if _held(ours) != _held(theirs) or _unlike_maps(ours) != _unlike_maps(theirs):
        return False
    both = {layer.type for layer in ours if not _regroups(layer)}.intersection(layer.type for layer in theirs)
    if _asked(ours, both) != _asked(theirs, both):
        return False
    return not any(
        _given_otherwise(one, place.traces[1].by_name[pairs.partner[one.name]], pairs)
        for one in ours
        if one.name in pairs.partner
    )


def _held(layers: "Iterable[TracedLayer]") -> "Counter[Hashable]":
    """Shapes of what they hold, without axes of one, and whether it is trained."""
    return Counter(
        (without_ones(shape), buffer, not buffer and own in layer.untrained)
        for layer in layers
        for buffer, held in enumerate((layer.facts.weights, layer.facts.buffers))
        for own, shape in held.items()
    )


def opens(layer: "TracedLayer") -> bool:
    """Whether a layer only moves numbers or joins them: several may do the same as one."""
    known = layer.arguments
    return not layer.facts.weights and (known.passes in MOVING or known.merges in JOINING)


def _regroups(layer: "TracedLayer") -> bool:
    """Whether it hands on each number once, in another order or shape, or joins tensors as they are."""
    return opens(layer) and layer.arguments.passes is not Passing.CHOSEN


def without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without its axes of a single number: [96, 1, 1] holds what [96] does."""
    return tuple(size for size in shape if size != 1)


def drops_some(layer: "TracedLayer") -> bool:
    """Whether it drops numbers in training."""
    return layer.arguments.drops and bool(layer.resolved.get("p"))


def _asked(layers: "Iterable[TracedLayer]", types: "Container[str]") -> "Counter[Hashable]":
    """Layers of these kinds, with their arguments."""
    return Counter(
        (layer.type, str(sorted(layer.resolved.items()))) for layer in layers if layer.type in types
    )


def _unlike_maps(layers: "Iterable[TracedLayer]") -> "Counter[Hashable]":
    """What is no sum of products, with its arguments: both sides have to have the same.

    A bound may lie beyond all numbers that are tried, and of what a norm takes the mean differs in training
    alone.
    """
    found: Counter[Hashable] = Counter()
    for layer in layers:
        if layer.arguments.bends or layer.arguments.normalizes or drops_some(layer):
            found.update(_asked([layer], [layer.type]))
        inside = layer.resolved.get("dropout_p") or layer.resolved.get("dropout")
        if layer.facts.attention and inside:
            found["attention drops", str(inside)] += 1
    return found


def _given_otherwise(one: "TracedLayer", other: "TracedLayer", pairs: "LayerPairs") -> bool:
    """Whether a layer that does more than move numbers was given other arguments, or is called otherwise.

    At these sizes both may give the same; at others they need not.
    """
    if one.name != other.name and (one.facts.weights or other.facts.weights):
        return True
    if (one.frozen, one.frozen_weights) != (other.frozen, other.frozen_weights):
        return True
    if one.type != other.type or _regroups(one):
        return False
    return next(own_differences(one, other, pairs.partner), None) is not None
