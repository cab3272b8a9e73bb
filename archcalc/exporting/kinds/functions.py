"""Kinds without weights as expressions on tensors."""

from typing import TYPE_CHECKING, cast

from archcalc.exporting.kinds.parts import MemberForm, arguments_of
from archcalc.exporting.nodes import (
    CallArgument,
    CallNode,
    Hole,
    Infix,
    Literal,
    MemberNode,
    Text,
    bracketed_list,
    call,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.exporting.kinds.parts import LayerReading
    from archcalc.exporting.nodes import Node

    Written = Callable[[LayerReading], MemberForm]

ACTIVATIONS = {
    "ReLU": "F.relu",
    "ReLU6": "F.relu6",
    "LeakyReLU": "F.leaky_relu",
    "ELU": "F.elu",
    "GELU": "F.gelu",
    "SiLU": "F.silu",
    "Mish": "F.mish",
    "Hardswish": "F.hardswish",
    "Hardsigmoid": "F.hardsigmoid",
    "Sigmoid": "torch.sigmoid",
    "Tanh": "torch.tanh",
    "Softplus": "F.softplus",
    "CELU": "F.celu",
    "SELU": "F.selu",
    "LogSigmoid": "F.logsigmoid",
    "Softsign": "F.softsign",
    "Tanhshrink": "F.tanhshrink",
    "Hardshrink": "F.hardshrink",
    "Softshrink": "F.softshrink",
    "Hardtanh": "F.hardtanh",
    "Threshold": "F.threshold",
}
"""Functions of single numbers, with the arguments of their modules."""


def _activation(reading: "LayerReading") -> MemberForm:
    """A function of single numbers."""
    kind = reading.layer.type
    given = [CallArgument(each.node, each.name, each.default) for each in arguments_of(reading)]
    modular = CallNode(Text(f"nn.{kind}"), tuple(given))
    function = CallNode(Text(ACTIVATIONS[kind]), (CallArgument(Hole(0)), *given))
    return MemberForm(None, function, modular, wraps=True, closes=True, tensor=True)


def function_form(
    node: "Node", modular: "Node | None" = None, *, many: bool = False, wraps: bool = False
) -> MemberForm:
    """A call that stores nothing."""
    return MemberForm(None, node, modular, "many" if many else "one", wraps=wraps, tensor=not many)


def number_code(value: object) -> Text:
    """A number, or several, as code."""
    from archcalc.exporting.layout import python_code

    return Text(python_code(value))


def batched_axis(reading: "LayerReading", key: str, axes: int | None = None) -> int:
    """An axis of a batch: negative ones stay what they are."""
    dim = cast("int", reading.values[key])
    return dim if dim < 0 else dim + 1 if axes is None else dim % axes + 1


def batched_dims(reading: "LayerReading") -> tuple[int, ...]:
    """The axes that are folded, of a batch; all but its own where none are written."""
    dims = cast("int | tuple[int, ...] | None", reading.values["dim"])
    if dims is None:
        return tuple(range(1, reading.rank + 1))
    return tuple(dim % reading.rank + 1 for dim in (dims if isinstance(dims, tuple) else (dims,)))


def infix_form(operator: str) -> "Written":
    """All inputs joined by an operator; one alone stays as it is."""

    def written(reading: "LayerReading") -> MemberForm:
        holes = reading.holes
        return function_form(Infix(operator, holes) if len(holes) > 1 else Hole(0), wraps=True)

    return written


def _concat(reading: "LayerReading") -> MemberForm:
    """``torch.cat`` on an axis of the batch."""
    return function_form(
        call("torch.cat", bracketed_list(reading.holes), dim=number_code(batched_axis(reading, "dim"))),
        wraps=True,
    )


def _stack(reading: "LayerReading") -> MemberForm:
    """``torch.stack``."""
    return function_form(
        call("torch.stack", bracketed_list(reading.holes), dim=number_code(batched_axis(reading, "dim")))
    )


def _flatten(reading: "LayerReading") -> MemberForm:
    """``torch.flatten``."""
    given = (
        CallArgument(number_code(reading.values["start_dim"])),
        CallArgument(Literal(reading.values["end_dim"], "end_dim"), "end_dim", -1),
    )
    modular = CallNode(Text("nn.Flatten"), tuple(arguments_of(reading)))
    return function_form(CallNode(Text("torch.flatten"), (CallArgument(Hole(0)), *given)), modular)


def _unflatten(reading: "LayerReading") -> MemberForm:
    """``torch.unflatten``."""
    given = arguments_of(reading)
    modular = CallNode(Text("nn.Unflatten"), tuple(CallArgument(each.node) for each in given))
    return function_form(
        CallNode(
            Text("torch.unflatten"), (CallArgument(Hole(0)), *(CallArgument(each.node) for each in given))
        ),
        modular,
    )


def _reshape(reading: "LayerReading") -> MemberForm:
    """``Tensor.reshape``, with the batch as what is left."""
    sizes = [CallArgument(Literal(size, "size")) for size in reading.layer.output.shape]
    return function_form(CallNode(MemberNode(Hole(0), ".reshape"), (CallArgument(Text("-1")), *sizes)))


def _permute(reading: "LayerReading") -> MemberForm:
    """``Tensor.permute``."""
    dims = cast("tuple[int, ...]", reading.values["dims"])
    return function_form(
        call(MemberNode(Hole(0), ".permute"), "0", *(number_code(dim % reading.rank + 1) for dim in dims))
    )


def _transpose(reading: "LayerReading") -> MemberForm:
    """``Tensor.transpose``."""
    dims = (number_code(batched_axis(reading, key, reading.rank)) for key in ("dim0", "dim1"))
    return function_form(call(MemberNode(Hole(0), ".transpose"), *dims))


def _squeeze(reading: "LayerReading") -> MemberForm:
    """``Tensor.squeeze`` of the axes that have size 1; never of the batch."""
    shape = reading.shapes[0]
    dims = tuple(dim for dim in sorted(batched_dims(reading)) if shape[dim - 1] == 1)
    if not dims:
        return function_form(Hole(0))
    return function_form(
        call(MemberNode(Hole(0), ".squeeze"), number_code(dims[0] if len(dims) == 1 else dims))
    )


def _unsqueeze(reading: "LayerReading") -> MemberForm:
    """``Tensor.unsqueeze``."""
    return function_form(
        call(MemberNode(Hole(0), ".unsqueeze"), number_code(batched_axis(reading, "dim", reading.rank + 1)))
    )


def _part(reading: "LayerReading") -> MemberForm:
    """An index: ``x[:, 0:1]``."""
    start, stop, step = (reading.values[key] for key in ("start", "stop", "step"))
    bounds = ["" if bound is None else str(bound) for bound in (start, stop)]
    cut = ":".join(bounds if step == 1 else [*bounds, str(step)])
    before = [":"] * (cast("int", reading.values["dim"]) % reading.rank + 1)
    return function_form(MemberNode(Hole(0), f"[{', '.join([*before, cut])}]"))


def _chunk(reading: "LayerReading") -> MemberForm:
    """``Tensor.chunk``."""
    node = call(
        MemberNode(Hole(0), ".chunk"),
        reading.literal("chunks"),
        dim=number_code(batched_axis(reading, "dim")),
    )
    return _parts(node, reading)


def _split(reading: "LayerReading") -> MemberForm:
    """``torch.split``."""
    sizes = reading.values["split_size_or_sections"]
    written = (
        bracketed_list([number_code(size) for size in cast("tuple[int, ...]", sizes)])
        if isinstance(sizes, tuple)
        else number_code(sizes)
    )
    return _parts(
        call("torch.split", Hole(0), written, dim=number_code(batched_axis(reading, "dim"))), reading
    )


def _parts(node: "Node", reading: "LayerReading") -> MemberForm:
    if len(reading.layer.facts.outputs) > 1:
        return function_form(node, many=True)
    return function_form(MemberNode(node, "[0]"))


def _reduction(name: str) -> "Written":
    """``Tensor.mean`` and ``Tensor.sum``."""

    def written(reading: "LayerReading") -> MemberForm:
        dims = batched_dims(reading)
        keep = CallArgument(Literal(reading.values["keepdim"], "keepdim"), "keepdim", default=False)
        axes = CallArgument(number_code(dims[0] if len(dims) == 1 else dims), "dim")
        return function_form(CallNode(MemberNode(Hole(0), f".{name}"), (axes, keep)))

    return written


def _largest(reading: "LayerReading") -> MemberForm:
    """``torch.max`` along an axis: values and where they stand."""
    keep = CallArgument(Literal(reading.values["keepdim"], "keepdim"), "keepdim", default=False)
    given = (CallArgument(Hole(0)), CallArgument(number_code(batched_axis(reading, "dim")), "dim"), keep)
    return function_form(CallNode(Text("torch.max"), given), many=True)


def _softmax(function: str) -> "Written":
    """A distribution along an axis, which torch counts with the batch."""

    def written(reading: "LayerReading") -> MemberForm:
        modular = CallNode(Text(f"nn.{reading.layer.type}"), (CallArgument(reading.literal("dim"), "dim"),))
        given = (CallArgument(Hole(0)), CallArgument(reading.literal("dim"), "dim"))
        return MemberForm(None, CallNode(Text(function), given), modular, tensor=True)

    return written


def _crop(reading: "LayerReading") -> MemberForm:
    """The centre, of the size of another tensor or of a size."""
    if len(reading.shapes) > 1:
        return function_form(call("crop", Hole(0), MemberNode(Hole(1), ".shape[2:]")))
    return function_form(call("crop", Hole(0), number_code(reading.layer.output.shape[1:])))


FUNCTIONS: "dict[str, Written]" = {
    **dict.fromkeys(ACTIVATIONS, _activation),
    "Add": infix_form("+"),
    "Multiply": infix_form("*"),
    "MatMul": infix_form("@"),
    "Scale": lambda reading: function_form(Infix("*", (Hole(0), reading.literal("factor"))), wraps=True),
    "QuickGELU": lambda _: MemberForm(
        None, call("quick_gelu", Hole(0)), wraps=True, closes=True, tensor=True
    ),
    "Concat": _concat,
    "Stack": _stack,
    "Flatten": _flatten,
    "Unflatten": _unflatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Slice": _part,
    "Chunk": _chunk,
    "Split": _split,
    "Mean": _reduction("mean"),
    "Sum": _reduction("sum"),
    "Max": _largest,
    "Softmax": _softmax("torch.softmax"),
    "LogSoftmax": _softmax("torch.log_softmax"),
    "Softmin": _softmax("F.softmin"),
    "Identity": lambda _: function_form(Hole(0), call("nn.Identity"), wraps=True),
    "Crop": _crop,
    "Reparameterize": lambda _: function_form(call("drawn", Hole(0), Hole(1))),
    "RandomMasking": lambda reading: function_form(
        call("random_subset", Hole(0), reading.literal("mask_ratio"))
    ),
}
