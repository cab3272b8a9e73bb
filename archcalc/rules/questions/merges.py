"""Merges of ways through a network: along which axis they join, place by place, and where they come from."""

from typing import TYPE_CHECKING

from archcalc.facts import IDENTITY
from archcalc.rules.language import Context, Port, TracedLayer
from archcalc.rules.questions.axes import fields_of

if TYPE_CHECKING:
    from archcalc.analyses.alignment import Misalignment

SHOWN = 4
"""Layers of a way that are named; of longer ways the first and the last two are."""


def shared_axis(context: Context, layer: TracedLayer, found: "Misalignment") -> int | None:
    """The output axis that all inputs of a merge run along, place by place; None: there is none."""
    axes = {_output_axis(context, layer, index, found) for index in range(len(layer.inputs))}
    return axes.pop() if len(axes) == 1 else None


def _output_axis(context: Context, layer: TracedLayer, index: int, found: "Misalignment") -> int | None:
    port = layer.inputs[index]
    along = _along(context, port, found)
    read = layer.facts.reads[index][along] if along is not None else None
    return read.to if read is not None and read.reach == IDENTITY else None


def _along(context: Context, port: Port, found: "Misalignment") -> int | None:
    """The axis of an output that runs along with the input's."""
    if port.layer == found.input:
        return found.axis
    fields = fields_of(context, port)
    return next((axis.along for name, axis in fields if (name, axis.axis) == (found.input, found.axis)), None)


def way_to(context: Context, port: Port) -> str:
    """The layers that lead to an output, from the last one that others read too: ``a -> b -> c``.

    One that reads several inputs begins a way as well. Every layer is on one way at most, so that asking
    for all ways of a network takes time in proportion to its layers.
    """
    names = [str(port)]
    layer = context.trace.source(port)
    while layer is not None and len(layer.inputs) == 1 and context.trace.only_reader(layer) is not None:
        names.append(str(layer.inputs[0]))
        layer = context.trace.source(layer.inputs[0])
    names.reverse()
    return " -> ".join(names if len(names) <= SHOWN else (names[0], "...", *names[-2:]))
