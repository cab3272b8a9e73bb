"""Dilation rates that layers may have instead, and layers in front that fill what they leave out."""

from typing import TYPE_CHECKING

from archcalc.cures.changes import Cure, SetKey
from archcalc.cures.making import as_argument, in_front, keys_set
from archcalc.rules.entries import accepts, place_of
from archcalc.rules.questions.functions import bends
from archcalc.rules.questions.windows import each_axis

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.analyses.dilation import DilationGroup
    from archcalc.cures.changes import Entry
    from archcalc.errors import Place
    from archcalc.rules.context import Context
    from archcalc.rules.language import TracedLayer

TAPS = 3
"""Kernel of a layer that is put in front."""
MOST = 8
"""Layers that are put in front."""


def fuller(context: "Context", group: "DilationGroup", rates: "Sequence[int] | None") -> "Iterator[Cure]":
    """A group with other rates, and with the same ones in the opposite order, which reads as much."""
    if rates is not None:
        yield with_rates(context, [(group, rates)])
        if len(set(group.alone.kernels)) == 1:
            yield with_rates(context, [(group, rates[::-1])])


def with_rates(context: "Context", wanted: "Iterable[tuple[DilationGroup, Sequence[int]]]") -> Cure:
    """Groups with these rates, and the padding with which the shapes of their layers stay.

    An entry from which several layers are built in turn gets a list that the repeat's ``i`` picks from. A
    layer of several groups gets the smallest rate along each axis.
    """
    rates: dict[str, dict[int, int]] = {}
    for group, new in wanted:
        for name, rate, *axes in zip(group.layers, new, *group.along, strict=True):
            own = rates.setdefault(name, {})
            own.update({axis: min(rate, own.get(axis, rate)) for axis in axes})
    places: dict[Place, list[TracedLayer]] = {}
    for name in rates:
        layer = context.trace.by_name[name]
        places.setdefault(place_of(layer.origin.in_spec), []).append(layer)
    return Cure(tuple(change for built in places.values() for change in _changes(built, rates)))


def _changes(built: "Sequence[TracedLayer]", rates: "Mapping[str, Mapping[int, int]]") -> "Iterator[SetKey]":
    """The keys of the entry that layers are built from."""
    origin = built[0].origin
    for key in ("dilation", "padding"):
        values = [_argument(layer, rates[layer.name], key) for layer in built]
        old = [each_axis(layer, key) for layer in built]
        written = key == "dilation" or origin.document is origin.in_spec.document
        if written and values != old and accepts(origin, key):
            arguments = [as_argument(each) for each in values]
            alike = all(each == arguments[0] for each in arguments)
            yield from keys_set(origin.in_spec, **{key: arguments[0] if alike else f"={arguments}[i]"})


def _argument(layer: "TracedLayer", rates: "Mapping[int, int]", key: str) -> list[int]:
    """The argument for each axis with which a layer has rates along some axes of its shape."""
    values = each_axis(layer, key)
    kernels, old = each_axis(layer, "kernel_size"), each_axis(layer, "dilation")
    channels = layer.mapped
    for axis, rate in ((axis - channels - 1, rate) for axis, rate in rates.items() if values):
        if key == "dilation":
            values[axis] = rate
        elif values[axis]:  # without padding it stays without
            values[axis] = max(0, values[axis] + (rate - old[axis]) * (kernels[axis] - 1) // 2)
    return values


def cut_to_reach(rates: "Sequence[int]", kernels: "Sequence[int]") -> tuple[int, ...]:
    """The rates with those that jump over positions cut to what the smaller ones reach."""
    made, reach = [*rates], 1
    for rate, index in sorted((rate, index) for index, rate in enumerate(rates)):
        made[index] = min(rate, reach)
        reach += (kernels[index] - 1) * made[index]
    return tuple(made)


def filling(rates: "Sequence[int]", kernels: "Sequence[int]") -> "tuple[int, ...] | None":
    """Rates 1, 2, 4 ... of layers with three taps in front that fill all holes; None: too many of them."""
    from archcalc.formulas.dilation import has_no_holes

    for count in range(1, MOST + 1):
        added = tuple(2**index for index in range(count))
        if has_no_holes([*kernels, *(TAPS for _ in added)], [*rates, *added]):
            return added
    return None


def dilated_in_front(
    context: "Context", layer: "TracedLayer", rates: "Sequence[int]", because: str = ""
) -> Cure:
    """Convolutions of these rates in front of one, an activation behind each; its input keeps its shape."""
    return in_front(layer, *_stack(context, layer, rates), because=because)


def _stack(context: "Context", layer: "TracedLayer", rates: "Sequence[int]") -> "Iterator[Entry]":
    words = (each.type for each in context.layers if bends(each) and isinstance(each.origin.entry(), str))
    kind = next(words, "ReLU")
    own = layer.mapped
    channels, axes = layer.inputs[0].tensor.shape[own], len(layer.output.shape) - own - 1
    used = layer.origin.in_spec
    shipped = used.document is not layer.origin.document
    alike = shipped and all(accepts(layer.origin, key) for key in ("out_channels", "kernel_size", "dilation"))
    block = used.written("type") if alike else None
    for rate in rates:
        plain: dict[str, object] = {"type": f"Conv{axes}d", "out_channels": channels, "kernel_size": TAPS}
        plain |= {"padding": rate, "dilation": rate} if block is None else {"type": block, "dilation": rate}
        yield {key: value for key, value in plain.items() if (key, value) != ("dilation", 1)}
        yield kind
