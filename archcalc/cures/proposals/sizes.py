"""A size that is written and is not the one that arrives: which axis, or which axes together, were meant."""

from dataclasses import replace
from itertools import combinations
from math import prod
from typing import TYPE_CHECKING

from archcalc.cures.changes import Cure, Insert, Replace, SetKey
from archcalc.cures.making import without
from archcalc.cures.proposals.inputs import MAP_AXES, input_behind, reordered
from archcalc.cures.proposals.resizing import with_elements
from archcalc.cures.proposals.wiring import keys_of, led_through
from archcalc.layers.mathematics import Statistics
from archcalc.tuples import NamedTuple
from archcalc.wording import product
from archcalc.writing import flow_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.cures.changes import Change, Entry
    from archcalc.facts import Shape
    from archcalc.rules.context import Context
    from archcalc.tracing import TracedLayer
    from archcalc.tracing.records import Refused


class Sized(NamedTuple):
    """A size that is written, and an input in which another one arrives in its place."""

    context: "Context"
    refused: "Refused"
    position: int
    shape: "Shape"
    written: int
    arriving: int

    def led_through(self, *entries: "Entry", name: str = "flat") -> "tuple[Change, ...]":
        """Changes with which the input comes through other layers."""
        return led_through(self.refused, *entries, position=self.position, name=name)


def other_sizes(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The axes turned, joined or halved, so that the size that is written arrives; at last the other size."""
    unequal = refused.fault.unequal
    if unequal is None or unequal.key == "from":
        return
    written, arriving = unequal.written, unequal.arriving
    if isinstance(written, int) and isinstance(arriving, int):
        for position, port in enumerate(refused.inputs):
            if arriving in port.tensor.shape:
                sized = Sized(context, refused, position, port.tensor.shape, written, arriving)
                yield from (cure for cure in _meant(sized) if cure.changes)
    for origin, key in keys_of(refused.origin, unequal.key, written):
        yield Cure((SetKey(origin, key, flow_text(arriving)),), fallback=True)
    if isinstance(written, int) and len(refused.inputs[0].tensor.shape) == 1:
        yield from with_elements(context, refused, written)


def _meant(sized: Sized) -> "Iterator[Cure]":
    """What the axes say; halves and doubles where they say nothing."""
    axes = [*_joined(sized), *_averaged(sized), *_turned(sized)]
    yield from axes
    for cure in (*_halved(sized), *_doubled(sized)):
        yield replace(cure, fallback=bool(axes))


def _joined(sized: Sized) -> "Iterator[Cure]":
    """Axes flattened into one, whose product is written, or is meant by a larger size than any of them."""
    shape, written = sized.shape, sized.written
    for first, end in combinations(range(len(shape) + 1), 2):
        sizes = shape[first:end]
        if len(sizes) > 1 and prod(sizes) == written:
            changes = sized.led_through(flattening(len(shape), first, end))
            yield Cure(changes, f"{written:,} = {product(sizes)}")
    whole = prod(shape)
    of_last = shape[-1] == sized.arriving != shape[0]
    if len(shape) in MAP_AXES and of_last and written > max(shape) and written != whole:
        for origin, key in keys_of(sized.refused.origin, _key(sized), written):
            flat = sized.led_through("Flatten")
            because = f"{whole:,} = {product(shape)}"
            yield Cure((SetKey(origin, key, str(whole)), *flat), because, fallback=True)


def flattening(axes: int, first: int, end: int) -> "Entry":
    """The layer that joins the axes from ``first`` on to the one before ``end``, of so many."""
    entry: dict[str, object] = {"type": "Flatten"}
    if first:
        entry["start_dim"] = first + 1
    if end < axes:
        entry["end_dim"] = end
    return entry if len(entry) > 1 else "Flatten"


def _averaged(sized: Sized) -> "Iterator[Cure]":
    """The positions of a map averaged, where its channels are written and its last axis arrives."""
    shape = sized.shape
    if len(shape) in MAP_AXES and shape[0] == sized.written and shape[-1] == sized.arriving:
        pool = {"type": f"AdaptiveAvgPool{len(shape) - 1}d", "output_size": 1}
        yield Cure(sized.led_through(pool, "Flatten"), f"{sized.written:,} channels are left")


def _turned(sized: Sized) -> "Iterator[Cure]":
    """The axes in the order in which the size that is written stands in the place of the one that arrives."""
    for place, size in enumerate(sized.shape):
        for meant, other in enumerate(sized.shape):
            if size == sized.arriving and other == sized.written:
                yield from _moved(sized, meant, place)


def _moved(sized: Sized, meant: int, place: int) -> "Iterator[Cure]":
    """An axis moved to another place: in the input itself where it arrives, or by a layer."""
    order = [axis for axis in range(len(sized.shape)) if axis != meant]
    order.insert(place, meant)
    turned = [sized.shape[axis] for axis in order]
    because = f"{turned} arrives then"
    refused = sized.refused
    name = input_behind(sized.context, refused.inputs[sized.position])
    first = "the channels come first" if place == 0 else "the channels come last"
    own = Cure(reordered(sized.context, name, order), first) if name else None
    if own and len(order) in MAP_AXES:
        yield own
    turn = turning(order)
    led = sized.led_through(turn, name="turned")
    norm = refused.arguments.normalizes
    if norm is None:
        yield Cure(led, because)
    elif len(order) == 2:  # noqa: PLR2004  positions and features, which come back behind the norm
        yield Cure((*led, Insert(refused.origin, (turn,), behind=True)), because)
    if norm in (Statistics.BATCH, Statistics.CHANNEL) and meant == len(order) - 1:
        named = refused.origin.written("name")
        kept = {"name": named} if named else {}
        entry: Entry = {"type": "LayerNorm", **kept} if kept else "LayerNorm"
        yield Cure((Replace(refused.origin, (entry,)),), f"it norms the {sized.written:,} features of a step")
    if own and len(order) not in MAP_AXES:
        yield own


def turning(order: "Sequence[int]") -> "Entry":
    """The layer that puts axes in another order."""
    if len(order) == 2:  # noqa: PLR2004  only one other order
        return {"type": "Transpose", "dim0": 0, "dim1": 1}
    return {"type": "Permute", "dims": list(order)}


def _halved(sized: Sized) -> "Iterator[Cure]":
    """Where twice as much arrives: one direction of two, or a gate that takes a half."""
    if sized.arriving != 2 * sized.written:
        return
    directions = list(_directions(sized, before=True))
    because = f"2 directions of {sized.written:,}" if directions else ""
    for origin, key in keys_of(sized.refused.origin, _key(sized), sized.written):
        yield Cure((SetKey(origin, key, str(sized.arriving)),), because)
    yield from directions
    if directions:
        return
    dim = sized.shape.index(sized.arriving) + 1
    gate: Entry = "GLU" if sized.shape[-1] == sized.arriving else {"type": "GLU", "dim": dim}
    yield Cure(sized.led_through(gate, name="gated"), f"{sized.arriving:,} = 2 x {sized.written:,}")


def _doubled(sized: Sized) -> "Iterator[Cure]":
    """Where half of it arrives: the second direction, or what a gate has taken away."""
    if sized.written != 2 * sized.arriving:
        return
    yield from _directions(sized, before=False)
    for layer in _above(sized):
        if layer.arguments.halves:
            yield without(layer, f"it leaves {sized.arriving:,} of {sized.written:,}")
            break
    for origin, key in keys_of(sized.refused.origin, _key(sized), sized.written):
        yield Cure((SetKey(origin, key, str(sized.arriving)),))


def _directions(sized: Sized, *, before: bool) -> "Iterator[Cure]":
    """The nearest recurrent layer above with one direction more or less than it has."""
    for layer in _above(sized):
        if dict(layer.arguments).get("bidirectional") is before:
            for origin, key in keys_of(layer.origin, "bidirectional", before):
                change = SetKey(origin, key, str(not before).lower())
                yield Cure((change,), f"{sized.written:,} features leave it")
            return


def _above(sized: Sized) -> "list[TracedLayer]":
    """The layers that the input depends on, the nearest first."""
    return list(reversed(sized.context.trace.above([sized.refused.inputs[sized.position]])))


def _key(sized: Sized) -> str:
    unequal = sized.refused.fault.unequal
    return unequal.key if unequal else ""
