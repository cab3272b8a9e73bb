"""What stands before and behind a layer when those are passed over that leave its numbers as they are."""

from typing import TYPE_CHECKING

from archcalc.rules.language import Context, Port, TracedLayer
from archcalc.rules.questions.functions import regroups

if TYPE_CHECKING:
    from collections.abc import Callable

    Passed = Callable[[TracedLayer], bool]
    Way = tuple[tuple[TracedLayer, ...], TracedLayer | None]


def producer(context: Context, port: Port, passing: "Passed" = regroups) -> TracedLayer | None:
    """The layer whose numbers an output holds, past those that only regroup and those of ``passing``.

    None where they come from an input of the network.
    """
    return way_before(context, port, lambda layer: regroups(layer) or passing(layer))[1]


def follower(context: Context, layer: TracedLayer, passing: "Passed" = regroups) -> TracedLayer | None:
    """The layer that alone makes use of this one, past those that only regroup and those of ``passing``."""
    return way_behind(context, layer, lambda reader: regroups(reader) or passing(reader))[1]


def way_before(context: Context, port: Port, passing: "Passed") -> "Way":
    """The layers of ``passing`` that lead to an output, the last one first, and what the first one reads."""
    passed: list[TracedLayer] = []
    layer = context.trace.source(port)
    while layer is not None and passing(layer):
        passed.append(layer)
        layer = context.trace.source(layer.inputs[0])
    return tuple(passed), layer


def way_behind(context: Context, layer: TracedLayer, passing: "Passed") -> "Way":
    """The layers of ``passing`` that alone read one another behind a layer, and what alone reads the last."""
    passed: list[TracedLayer] = []
    reader = context.trace.only_reader(layer)
    while reader is not None and passing(reader):
        passed.append(reader)
        reader = context.trace.only_reader(reader)
    return tuple(passed), reader
