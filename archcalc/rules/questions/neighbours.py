"""What stands before and behind a layer when those are passed over that leave its numbers as they are."""

from typing import TYPE_CHECKING

from archcalc.rules.language import Context, Port, TracedLayer
from archcalc.rules.questions.functions import regroups

if TYPE_CHECKING:
    from collections.abc import Callable

    Passed = Callable[[TracedLayer], bool]


def producer(context: Context, port: Port, passing: "Passed" = regroups) -> TracedLayer | None:
    """The layer whose numbers an output holds, past those that only regroup and those of ``passing``.

    None where they come from an input of the network.
    """
    layer = context.trace.source(port)
    while layer is not None and (regroups(layer) or passing(layer)):
        layer = context.trace.source(layer.inputs[0])
    return layer


def follower(context: Context, layer: TracedLayer, passing: "Passed" = regroups) -> TracedLayer | None:
    """The layer that alone makes use of this one, past those that only regroup and those of ``passing``."""
    reader = context.trace.only_reader(layer)
    while reader is not None and (regroups(reader) or passing(reader)):
        reader = context.trace.only_reader(reader)
    return reader
