"""Dilation rates that layers may have instead, and layers in front that fill what they leave out."""

from typing import TYPE_CHECKING

from archcalc.cures.changes import Cure, SetKey
from archcalc.cures.making import as_argument, in_front, keys_set
from archcalc.rules.entries import accepts, place_of
from archcalc.rules.questions.functions import bends
from archcalc.rules.questions.windows import each_axis

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
        yield with_rates(context, group.layers, rates, group.axes)
        if len(set(group.alone.kernels)) == 1:
            yield with_rates(context, group.layers, rates[::-1], group.axes)


def with_rates(
    context: "Context", layers: "Sequence[str]", rates: "Sequence[int]", axes: "Sequence[int]"
) -> Cure:
    """Layers with these rates along some axes, and the padding with which their shapes stay.

    An entry from which several are built in turn gets a list that the repeat's ``i`` picks from.
    """
    places: dict[Place, list[tuple[TracedLayer, int]]] = {}
    for name, rate in zip(layers, rates, strict=True):
        layer = context.trace.by_name[name]
        places.setdefault(place_of(layer.origin.in_spec), []).append((layer, rate))
    changes: list[SetKey] = []
    for built in places.values():
        entry = built[0][0].origin.in_spec
        own = built[0][0].origin.document is entry.document
        for key in ("dilation", "padding"):
            values = [_argument(layer, rate, axes, key) for layer, rate in built]
            old = [as_argument(each_axis(layer, key)) for layer, _ in built]
            if values == old or (key == "padding" and not own) or not accepts(built[0][0].origin, key):
                continue
            alike = all(value == values[0] for value in values)
            changes += keys_set(entry, **{key: values[0] if alike else f"={values}[i]"})
    return Cure(tuple(changes))


def _argument(layer: "TracedLayer", rate: int, axes: "Sequence[int]", key: str) -> object:
    """The argument with which a layer has a rate along some axes of its shape."""
    values = each_axis(layer, key)
    kernels, old = each_axis(layer, "kernel_size"), each_axis(layer, "dilation")
    for axis in (axis - 1 for axis in axes if values):
        if key == "dilation":
            values[axis] = rate
        elif values[axis]:  # without padding it stays without
            values[axis] = max(0, values[axis] + (rate - old[axis]) * (kernels[axis] - 1) // 2)
    return as_argument(values) if values else ()


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
    channels, axes = layer.inputs[0].tensor.shape[0], len(layer.output.shape) - 1
    used = layer.origin.in_spec
    shipped = used.document is not layer.origin.document
    alike = shipped and all(accepts(layer.origin, key) for key in ("out_channels", "kernel_size", "dilation"))
    block = used.written("type") if alike else None
    for rate in rates:
        plain: dict[str, object] = {"type": f"Conv{axes}d", "out_channels": channels, "kernel_size": TAPS}
        plain |= {"padding": rate, "dilation": rate} if block is None else {"type": block, "dilation": rate}
        yield {key: value for key, value in plain.items() if (key, value) != ("dilation", 1)}
        yield kind
