"""What a network holds beside its layers, in code: parameters, buffers, constants.

Each is made a batch of one, as which all that is one for all samples goes through a forward; where it meets
something of samples it is repeated for each of them, or stands before them as torch broadcasts.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.exporting.kinds.parts import MemberForm
from archcalc.exporting.layout import python_code
from archcalc.exporting.nodes import (
    CallArgument,
    CallNode,
    Hole,
    Literal,
    MemberNode,
    Own,
    Text,
    call,
    changed_tree,
)

if TYPE_CHECKING:
    from archcalc.exporting.kinds.functions import Written
    from archcalc.exporting.kinds.parts import LayerReading
    from archcalc.exporting.nodes import Node

ONE = "[None]"
"""Makes a batch of one."""


def _filled(reading: "LayerReading") -> CallNode:
    """The tensor before training: ones, or the numbers of a constant where they are known."""
    values = reading.values
    sizes, dtype = cast("tuple[int, ...]", values["shape"]), cast("str", values["dtype"])
    shape, typed = Literal(sizes, "shape"), CallArgument(Text(f"torch.{dtype}"), "dtype")
    form, value = values.get("form"), values.get("value")
    given = (CallArgument(shape), *(() if dtype == "float32" else (typed,)))
    if form == "fill":
        number = CallArgument(Text(python_code(value)))
        return CallNode(Text("torch.full"), (CallArgument(shape), number, typed))
    if form == "range" and sizes:
        counted = CallNode(Text("torch.arange"), (CallArgument(Text(str(sizes[-1]))), typed))
        return call(MemberNode(counted, ".repeat"), *map(str, (*sizes[:-1], 1)))
    if form in ("causal", "window"):
        ones = call("torch.ones", shape, dtype=Text("torch.bool"))
        asked = call(MemberNode(ones, ".tril"))
        if dtype == "bool":
            return asked
        hidden = (float("-inf") if "float" in dtype else 0) if value is None else value
        zeros = MemberNode(CallNode(Text("torch.zeros"), given), ".masked_fill")
        return call(zeros, call(MemberNode(asked, ".logical_not")), python_code(hidden))
    ones_are_unknown = "float" in dtype and form != "sines"
    return CallNode(Text("torch.ones" if ones_are_unknown else "torch.zeros"), given)


def _parameter(reading: "LayerReading") -> MemberForm:
    """A learned tensor."""
    return MemberForm(call("nn.Parameter", _filled(reading)), MemberNode(Own(), ONE), tensor=True)


def _buffer(reading: "LayerReading") -> MemberForm:
    """A tensor that is not learned; a constant is one that is not kept either."""
    lasting = bool(reading.values.get("persistent", False))
    kept = CallArgument(Literal(lasting, "persistent"), "persistent", default=True)
    given = (CallArgument(_filled(reading)), kept)
    return MemberForm(CallNode(Text("nn.Buffer"), given), MemberNode(Own(), ONE), tensor=True)


HELD: "dict[str, Written]" = {"Parameter": _parameter, "Buffer": _buffer, "Constant": _buffer}


def met_in_code(reading: "LayerReading", form: MemberForm) -> MemberForm:
    """The call of a layer of whose inputs some are one for all samples."""
    ports = [port.tensor for port in reading.layer.inputs]
    batched = next((index for index, port in enumerate(ports) if port.batched), None)
    if batched is None or all(port.batched for port in ports):
        return form
    most = max(len(port.shape) for port in ports if port.batched)
    pairs = reading.layer.arguments.pairs_inputs

    def fitted(node: "Node") -> "Node":
        if not isinstance(node, Hole) or ports[node.index].batched:
            return node
        axes = len(ports[node.index].shape)
        if pairs:
            return MemberNode(node, "[0]") if axes in (0, most + 1) else node
        return call(MemberNode(node, ".expand"), call("len", Hole(batched)), *["-1"] * axes)

    return replace(form, call=changed_tree(form.call, fitted), modular=None)
