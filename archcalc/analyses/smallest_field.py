"""Smallest receptive fields: what a unit sees on the path that sees least (a shortcut sees nothing more).

Richter, Schöning, Wiedenroth & Krumnack, Should You Go Deeper?, 2021 (arXiv 2106.12307).
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from archcalc.analyses.transfer import Transfer, forward

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.transfer import Axis, Output
    from archcalc.facts import Phased, Reads, Tensor, Window
    from archcalc.tracing import Trace, TracedLayer


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


Fields = Mapping["Axis", Smallest]


def smallest_fields(trace: "Trace") -> "Mapping[Output, Fields]":
    """(layer or input, output) -> the smallest field per axis of an input.

    Axes along which every path reads everything, or all of the past, are left out.
    """
    one = Fraction(1)
    started = {
        (name, "output"): {(name, axis): Smallest(one, one, axis) for axis in range(len(tensor.shape))}
        for name, tensor in trace.inputs.items()
    }
    return forward(trace, started, _stepped, _least)


def _stepped(
    fields: "Mapping[Axis, Smallest]", reads: "Reads", tensor: "Tensor"
) -> "Iterator[tuple[Axis, Smallest]]":
    del tensor
    for axis, field in fields.items():
        read = reads[field.along]
        found = _BEHIND.through(field, read)
        if found is not None and read.to is not None:
            yield axis, found._replace(along=read.to)


def _least(layer: "TracedLayer", axis: "Axis", parts: "Mapping[int, Smallest]") -> Smallest:
    del layer, axis
    return min(parts.values(), key=lambda field: field.size)


def _slid(field: Smallest, reach: "Window | Phased") -> Smallest | None:
    """Size r + (taps - 1) d j, for the phase that reads least."""
    spans = [max(phase) - min(phase) for phase in reach.phases if phase]
    if not spans:
        return None
    jump = field.jump * Fraction(reach.shift, len(reach.phases))
    return Smallest(field.size + min(spans) * field.jump, jump, field.along)


_BEHIND: Transfer[Smallest, Smallest | None] = Transfer(
    windows=_slid,
    ended=lambda *_: None,
    # Attention sees everything, a recurrence the past: neither is a smallest field.
    whole=lambda *_: None,
    past=lambda field: field,
    neighbours=lambda field, _: field,
)
