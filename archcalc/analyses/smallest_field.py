"""Smallest receptive fields: what a unit sees on the path that sees least (a shortcut sees nothing more).

Richter, Schöning, Wiedenroth & Krumnack, Should You Go Deeper?, 2021 (arXiv 2106.12307).
"""

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from archcalc.facts import Phased, Whole, Window, unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.facts import AxisRead
    from archcalc.tracing import Trace, TracedLayer

InputAxis = tuple[str, int]
"""A network's input and one of its axes."""


class Smallest(NamedTuple):
    """The smallest field along an input's axis.

    Args:
        size: positions from the first to the last one.
        jump: input positions between two neighbouring units.
        along: the axis of the output that runs along with the input's.
    """

    size: Fraction
    jump: Fraction
    along: int


Fields = dict[InputAxis, Smallest]


def smallest_fields(trace: "Trace") -> "Mapping[tuple[str, str], Fields]":
    """(layer or input, output) -> the smallest field per axis of an input.

    Axes along which every path reads everything, or all of the past, are left out.
    """
    found: dict[tuple[str, str], Fields] = {}
    for name, tensor in trace.inputs.items():
        axes = range(len(tensor.shape))
        found[name, "output"] = {(name, axis): Smallest(Fraction(1), Fraction(1), axis) for axis in axes}
    for layer in trace.layers:
        for output in layer.facts.outputs:
            fields: Fields = {}
            for axis, field in _arriving(layer, output, found):
                if axis not in fields or field.size < fields[axis].size:
                    fields[axis] = field
            found[layer.name, output] = fields
    return found


def _arriving(
    layer: "TracedLayer", output: str, found: "Mapping[tuple[str, str], Fields]"
) -> "Iterator[tuple[InputAxis, Smallest]]":
    for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=True):
        if not unread(reads):
            for axis, field in found[port.layer, port.output].items():
                stepped = _through(field, reads[field.along])
                if stepped is not None:
                    yield axis, stepped


def _through(field: Smallest, read: "AxisRead") -> Smallest | None:
    """The field behind one more layer: r + (taps - 1) d j for the phase that reads least."""
    reach = read.reach
    if read.to is None or not isinstance(reach, Window | Phased):
        # Attention sees everything, a recurrence the past: neither is a smallest field.
        return None if isinstance(reach, Whole) or read.to is None else field._replace(along=read.to)
    spans = [max(phase) - min(phase) for phase in reach.phases if phase]
    if not spans:
        return None
    size = field.size + min(spans) * field.jump
    return Smallest(size, field.jump * Fraction(reach.shift, len(reach.phases)), read.to)
