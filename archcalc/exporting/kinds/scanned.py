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
    from archcalc.tracing.scan import ScanLayer

FLOAT = "float32"


def scan_form(layer: "TracedLayer", scan: "ScanLayer", name: str) -> MemberForm:
    """How a recurrence is made and called.

    Args:
        layer: the recurrence.
        scan: its record.
        name: of the class of its steps.
    """
    holes = dict(zip(scan.arriving, map(Hole, range(len(layer.inputs))), strict=True))
    batched = [port.tensor.batched for port in layer.inputs]
    first = Hole(batched.index(True) if any(batched) else 0)
    states = [
        _given(holes[each], first, layer) if each in holes else _zeros(scan, each, first)
        for each in scan.states
    ]
    groups: list[list[Node]] = [
        [*(holes[each] for each in scan.elements)],
        [*states],
        [*(holes[each] for each in scan.outside)],
    ]
    given = [CallArgument(bracketed_list(group)) for group in groups]
    axis = CallArgument(Literal(scan.axis + 1, "dim"), "dim", 1)
    called = CallNode(Text("scanned"), (CallArgument(Own()), *given, axis))
    return MemberForm(call(name), called, targets="many")


def _given(hole: Hole, first: Hole, layer: "TracedLayer") -> "Node":
    """The first value of a state from a layer; what is one for all samples for each of them."""
    tensor = layer.inputs[hole.index].tensor
    if tensor.batched:
        return hole
    return call(MemberNode(hole, ".expand"), call("len", first), *["-1"] * len(tensor.shape))


def _zeros(scan: "ScanLayer", name: str, first: Hole) -> "Node":
    """The first value of a state, zeros for every sample."""
    tensor = scan.body.inputs[name]
    sizes = [Literal(size, "size") for size in tensor.shape]
    device = CallArgument(MemberNode(first, ".device"), "device")
    dtype = [] if tensor.dtype == FLOAT else [CallArgument(Text(f"torch.{tensor.dtype}"), "dtype")]
    counts: list[Node] = [call("len", first), *sizes]
    return CallNode(Text("torch.zeros"), (*map(CallArgument, counts), *dtype, device))
