"""What differs between two layers that belong together, and what of it follows from what arrives."""

from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.matching.forms import meaning_text
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.analyses.fields import AxisField, Field
    from archcalc.comparing.sides import Side
    from archcalc.tracing import TracedLayer


class Detail(NamedTuple):
    """One thing that differs.

    Args:
        what: an argument, or what else of a layer or a network.
        before: what it is in the first network; None: it has none.
        after: what it is in the second one.
    """

    what: str
    before: object
    after: object

    @property
    def turned(self) -> "Detail":
        """The same from the other side."""
        return Detail(self.what, self.after, self.before)


def own_differences(
    one: "TracedLayer", other: "TracedLayer", partner: "Mapping[str, str]"
) -> "Iterator[Detail]":
    """What was written otherwise: kind, arguments, whether it is frozen, and what it shares.

    Args:
        one: a layer of the first network.
        other: the one of the second network that it is.
        partner: names of layers of the first network -> those of the second.
    """
    if one.type != other.type:
        yield Detail("type", one.type, other.type)
    ours, theirs = one.resolved, other.resolved
    both = (
        [key for key in ours if key in theirs] if one.type != other.type else dict.fromkeys((*ours, *theirs))
    )
    other_words = {
        key: (ours.get(key), theirs.get(key))
        for key in both
        if meaning_text(ours.get(key)) != meaning_text(theirs.get(key)) and not _follows(one, other, key)
    }
    if other_words and not _counted_back(one, other, other_words.values()):
        yield from (Detail(key, *values) for key, values in other_words.items())
    if one.frozen != other.frozen:
        yield Detail("frozen", one.frozen, other.frozen)
    tied = {own: _named(owner, partner) for own, owner in one.tied.items()}
    if tied != dict(other.tied):
        yield Detail("tied", _words(one.tied), _words(other.tied))


def _follows(one: "TracedLayer", other: "TracedLayer", key: str) -> bool:
    """Whether an argument is another one because something else arrives, and nobody has written so."""
    if key not in one.facts.inferred or key not in other.facts.inferred:
        return False
    written = [getattr(layer.arguments, key, None) is not None for layer in (one, other)]
    if all(written):
        return False
    if not any(written):
        return True
    free, fixed = (other, one) if written[0] else (one, other)
    try:
        there = free.arguments.infer(tuple(port.tensor for port in fixed.inputs))
    except Fault:
        return False
    return meaning_text(there.inferred.get(key)) == meaning_text(fixed.facts.inferred[key])


def _counted_back(
    one: "TracedLayer", other: "TracedLayer", values: "Iterable[tuple[object, object]]"
) -> bool:
    """Whether nothing but axes is different, which one counts from the end: -1 is the last one."""
    pairs = [(_indices(mine), _indices(its)) for mine, its in values]
    for mine, its in pairs:
        if len(mine) != len(its) or not mine:
            return False
        if any(a != b and (a < 0) == (b < 0) for a, b in zip(mine, its, strict=True)):
            return False
    try:
        there = other.arguments.infer(tuple(port.tensor for port in one.inputs))
    except Fault:
        return False
    return there.reads == one.facts.reads and there.outputs == one.facts.outputs


def _indices(value: object) -> "tuple[int, ...]":
    values = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
    found = tuple(each for each in values if isinstance(each, int) and not isinstance(each, bool))
    return found if len(found) == len(values) else ()


def _named(owner: str, partner: "Mapping[str, str]") -> str:
    """A tensor of the first network as the second one calls it."""
    layer, dot, own = owner.rpartition(".")
    return partner[owner] if owner in partner else f"{partner.get(layer, layer)}{dot}{own}"


def _words(tied: "Mapping[str, str]") -> str | None:
    return ", ".join(f"{own} = {owner}" if own else owner for own, owner in sorted(tied.items())) or None


def following_differences(
    first: "Side", second: "Side", one: "TracedLayer", other: "TracedLayer"
) -> "Iterator[Detail]":
    """What differs in shapes and numbers."""
    yield from _shapes(one, other)
    ours, theirs = first.numbers[one.name], second.numbers[other.name]
    for what, mine, its in zip(ours._fields, ours, theirs, strict=True):
        if mine != its:
            yield Detail(what, mine, its)
    before, after = (field_words(side.fields(layer.name)) for side, layer in ((first, one), (second, other)))
    if before != after:
        yield Detail("receptive_field", before, after)


def _shapes(one: "TracedLayer", other: "TracedLayer") -> "Iterator[Detail]":
    mine, its = (
        [(name, tensor.shape, tensor.dtype) for name, tensor in layer.facts.outputs.items()]
        for layer in (one, other)
    )
    if [shape for _, shape, _ in mine] != [shape for _, shape, _ in its]:
        yield Detail("output_shape", *(_one([list(shape) for _, shape, _ in each]) for each in (mine, its)))
    if [dtype for *_, dtype in mine] != [dtype for *_, dtype in its]:
        yield Detail("output_dtype", *(_one([dtype for *_, dtype in each]) for each in (mine, its)))
    for kind in ("weights", "buffers"):
        ours, theirs = getattr(one.facts, kind), getattr(other.facts, kind)
        for name in dict.fromkeys((*ours, *theirs)):
            shapes = [list(each[name]) if name in each else None for each in (ours, theirs)]
            if shapes[0] != shapes[1]:
                yield Detail(name or "the parameter", *shapes)


def _one(values: "Sequence[object]") -> object:
    """One alone where there is one."""
    return values[0] if len(values) == 1 else values


def field_words(fields: "tuple[Field, ...]") -> object:
    """Sizes of a receptive field, by axis where these differ, by input where there are several.

    None where no input has positions.
    """
    sizes = [[_size(axis) for axis in field.axes] for field in fields if field.axes]
    return _one([each[0] if len(set(each)) == 1 else each for each in sizes]) if sizes else None


def _size(axis: "AxisField") -> int | str | None:
    if axis.hops is not None:
        return f"{axis.hops} hops"
    return "whole" if axis.whole else axis.size
