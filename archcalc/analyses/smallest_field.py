"""Smallest receptive fields: what a unit sees on the path that sees least (a shortcut sees nothing more).

Richter, Schöning, Wiedenroth & Krumnack, Should You Go Deeper?, 2021 (arXiv 2106.12307).
"""

from math import inf
from typing import TYPE_CHECKING

from archcalc.analyses.stepping import Track
from archcalc.analyses.tracks import tracks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.analyses.fields import AxisField
    from archcalc.analyses.transfer import Axis, Output
    from archcalc.tracing import Trace


SmallestFields = dict["Output", dict["Axis", "AxisField"]]
"""Layer or input, and its output -> axes of the inputs that it depends on -> the field."""


def smallest_fields(trace: "Trace") -> SmallestFields:
    """The fields on the path that sees least.

    Axes along which every path reads everything, or all of the past, are left out.
    """
    return {
        port: {axis: track.field for axis, track in at.items() if track.field.least}
        for port, at in tracks(trace, trace.inputs, _least, every=True).items()
    }


def _least(parts: "Sequence[Track]") -> Track:
    return min(parts, key=lambda track: track.field.least or inf)
