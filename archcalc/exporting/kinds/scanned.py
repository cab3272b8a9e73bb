"""Recurrences over a sub-graph: a class for one step, and a call that runs it along a sequence."""

from typing import TYPE_CHECKING

from archcalc.exporting.kinds.parts import MemberForm
from archcalc.exporting.nodes import (
    CallArgument,
    CallNode,
    Hole,
    Literal,
    MemberNode,
    Own,
    Text,
    bracketed_list,
    call,
)

if TYPE_CHECKING:
    from archcalc.exporting.nodes import Node
    from archcalc.tracing import TracedLayer
    from archcalc.tracing.scan import Scan

FLOAT = "float32"


def scan_form(layer: "TracedLayer", scan: "Scan", name: str) -> MemberForm:
    """How a recurrence is made and called.

    Args:
        layer: the recurrence.
        scan: its record.
        name: of the class of its steps.
    """
    holes = dict(zip(scan.arriving, map(Hole, range(len(layer.inputs))), strict=True))
    states = [holes[each] if each in holes else _zeros(scan, each) for each in scan.states]
    groups: list[list[Node]] = [
        [*(holes[each] for each in scan.elements)],
        [*states],
        [*(holes[each] for each in scan.outside)],
    ]
    given = [CallArgument(bracketed_list(group)) for group in groups]
    axis = CallArgument(Literal(scan.axis + 1, "dim"), "dim", 1)
    called = CallNode(Text("scanned"), (CallArgument(Own()), *given, axis))
    return MemberForm(call(name), called, targets="many")


def _zeros(scan: "Scan", name: str) -> "Node":
    """The first value of a state, one for every sample."""
    tensor = scan.body.inputs[name]
    sizes = [Literal(size, "size") for size in tensor.shape]
    first = Hole(0)
    device = CallArgument(MemberNode(first, ".device"), "device")
    made = CallNode(
        Text("torch.zeros"), (CallArgument(call("len", first)), *map(CallArgument, sizes), device)
    )
    if tensor.dtype == FLOAT:
        return made
    dtype = CallArgument(Text(f"torch.{tensor.dtype}"), "dtype")
    return CallNode(made.head, (*made.arguments, dtype))
