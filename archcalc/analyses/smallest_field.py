"""Smallest receptive fields: what a unit sees on the path that sees least (a shortcut sees nothing more).

Richter, Schöning, Wiedenroth & Krumnack, Should You Go Deeper?, 2021 (arXiv 2106.12307).
"""

from typing import TYPE_CHECKING, NamedTuple

from archcalc.analyses.tracks import Track, tracks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.analyses.transfer import Axis, Output
    from archcalc.tracing import Trace, TracedLayer


class Smallest(NamedTuple):
    """The smallest field along an input's axis.

    Args:
        size: positions from the first to the last one, of the unit that reads least.
        along: the axis of the output that runs along with the input's.
    """

    size: int
    along: int


def smallest_fields(trace: "Trace") -> "dict[Output, dict[Axis, Smallest]]":
    """(layer or input, output) -> the smallest field per axis of an input.

    Axes along which every path reads everything, or all of the past, are left out.
    """
    found = tracks(trace, trace.inputs, _least)
    every = (
        (port, axis, track.field.along, _size(track))
        for port, at in found.items()
        for axis, track in at.items()
    )
    fields: dict[Output, dict[Axis, Smallest]] = {port: {} for port in found}
    for port, axis, along, size in every:
        if size and along is not None:
            fields[port][axis] = Smallest(size, along)
    return fields


def _least(layer: "TracedLayer", axis: "Axis", parts: "Mapping[int, Track]") -> Track:
    """The way that sees least, among those that do not see everything."""
    del layer, axis
    return min(parts.values(), key=lambda track: _size(track) or float("inf"))


def _size(track: Track) -> int:
    """Positions that the unit sees that sees least; 0: they cannot be counted."""
    spans = track.field.spans if track.field.along is not None else None
    return 0 if spans is None or spans.unbounded else min(filter(None, spans.sizes), default=0)
