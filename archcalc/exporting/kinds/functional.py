"""Lengths, spreads, casts, sums of products, and maps whose weights arrive, as expressions."""

from typing import TYPE_CHECKING, cast

from archcalc.exporting.kinds.functions import batched_axis, batched_dims, function_form, number_code
from archcalc.exporting.kinds.parts import MemberForm
from archcalc.exporting.nodes import CallArgument, CallNode, Hole, Literal, MemberNode, Text, call

if TYPE_CHECKING:
    from archcalc.exporting.kinds.functions import Written
    from archcalc.exporting.kinds.parts import LayerReading


def _length(reading: "LayerReading") -> MemberForm:
    """``torch.linalg.vector_norm``."""
    dims = batched_dims(reading)
    axes = CallArgument(number_code(dims[0] if len(dims) == 1 else dims), "dim")
    given = (CallArgument(Hole(0)), CallArgument(reading.literal("p")), axes)
    return function_form(CallNode(Text("torch.linalg.vector_norm"), (*given, *reading.named("keepdim"))))


def _spread(name: str) -> "Written":
    """``torch.var`` and ``torch.std``."""

    def written(reading: "LayerReading") -> MemberForm:
        dims = batched_dims(reading)
        axes = CallArgument(number_code(dims[0] if len(dims) == 1 else dims), "dim")
        given = (CallArgument(Hole(0)), axes, *reading.named("correction", "keepdim"))
        return function_form(CallNode(Text(f"torch.{name}"), given))

    return written


def _unit_length(reading: "LayerReading") -> MemberForm:
    """``F.normalize``."""
    axis = CallArgument(number_code(batched_axis(reading, "dim")), "dim", default=1)
    given = (CallArgument(Hole(0)), *reading.named("p"), axis, *reading.named("eps"))
    return function_form(CallNode(Text("F.normalize"), given))


def _smallest(reading: "LayerReading") -> MemberForm:
    """``torch.min`` along an axis: values and where they stand."""
    keep = CallArgument(Literal(reading.values["keepdim"], "keepdim"), "keepdim", default=False)
    given = (CallArgument(Hole(0)), CallArgument(number_code(batched_axis(reading, "dim")), "dim"), keep)
    return function_form(CallNode(Text("torch.min"), given), many=True)


def _cast(reading: "LayerReading") -> MemberForm:
    """``Tensor.to``."""
    return function_form(call(MemberNode(Hole(0), ".to"), f"torch.{reading.values['dtype']}"))


def _einsum(reading: "LayerReading") -> MemberForm:
    """``torch.einsum`` with a letter for the batch."""
    equation = cast("str", reading.values["equation"]).replace(" ", "")
    letter = next(each for each in "NBMABCDEFGHIJKLOPQRSTUVWXYZ" if each not in equation)
    left, _, result = equation.partition("->")
    whole = ",".join(letter + term for term in left.split(",")) + f"->{letter}{result}"
    return function_form(call("torch.einsum", number_code(whole), *reading.holes))


def _with_weights(name: str, *keys: str) -> "Written":
    """``F.linear``, ``F.conv2d``: weights that are one for all samples are no batch.

    Where each sample has its own, the function is mapped over the samples.
    """

    def written(reading: "LayerReading") -> MemberForm:
        given = [
            CallArgument(Hole(0)),
            *(CallArgument(MemberNode(hole, "[0]")) for hole in reading.holes[1:]),
        ]
        alone = not any(port.tensor.batched for port in reading.layer.inputs[1:])
        if alone:
            return function_form(CallNode(Text(name), (*given, *reading.named(*keys))))
        every = tuple(map(CallArgument, reading.holes))
        return function_form(CallNode(call("torch.vmap", name), (*every, *reading.named(*keys))))

    return written


SLIDING = ("stride", "padding", "dilation", "groups")
FUNCTIONAL_KINDS: "dict[str, Written]" = {
    "Norm": _length,
    "Var": _spread("var"),
    "Std": _spread("std"),
    "Normalize": _unit_length,
    "Min": _smallest,
    "Cast": _cast,
    "Einsum": _einsum,
    "FunctionalLinear": _with_weights("F.linear"),
    **{f"FunctionalConv{rank}d": _with_weights(f"F.conv{rank}d", *SLIDING) for rank in (1, 2, 3)},
}
