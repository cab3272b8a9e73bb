"""Kinds as modules: torch.nn's class of the same name, or one that is written into the file."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.exporting.kinds.elementwise import ELEMENTWISE_KINDS
from archcalc.exporting.kinds.functional import FUNCTIONAL_KINDS
from archcalc.exporting.kinds.functions import FUNCTIONS
from archcalc.exporting.kinds.graphs import GRAPH_KINDS
from archcalc.exporting.kinds.held import HELD, met_in_code
from archcalc.exporting.kinds.indexing import INDEXING
from archcalc.exporting.kinds.mapped import mapped_form
from archcalc.exporting.kinds.parts import LayerReading, MemberForm, arguments_of, module
from archcalc.exporting.kinds.repeating import REPEATING
from archcalc.exporting.kinds.sequences import SEQUENCE_KINDS
from archcalc.exporting.nodes import CallArgument, CallNode, Hole, Infix, Literal, MemberNode, Own, Text, call
from archcalc.tracing.mapping import at_one_position

if TYPE_CHECKING:
    from archcalc.exporting.kinds.functions import Written
    from archcalc.tracing import TracedLayer

CORNERS = 4
"""Numbers of a box that does not say whose it is."""


def form_of(layer: "TracedLayer", read: frozenset[str]) -> MemberForm:
    """How a layer is made and called.

    Args:
        layer: the layer.
        read: names of its outputs that something reads.
    """
    item = at_one_position(layer)
    reading = LayerReading(item, read)
    written = FUNCTIONS.get(layer.type) or KINDS_OF_MODULES.get(layer.type)
    found = met_in_code(reading, written(reading) if written else _torch_module(reading))
    found = mapped_form(found, layer, item)
    mathematics = layer.arguments
    return replace(found, wraps=found.wraps or mathematics.normalizes is not None or mathematics.drops)


def _torch_module(reading: LayerReading) -> MemberForm:
    """torch.nn's class of this name."""
    return _of_library(reading, f"nn.{reading.layer.type}")


def _torchvision(reading: LayerReading) -> MemberForm:
    """Torchvision's class of this name."""
    return _of_library(reading, reading.layer.type)


def _of_library(reading: LayerReading, head: str) -> MemberForm:
    """A class with the arguments of the kind, its weight parametrized where the spec says so."""
    found = module(head, arguments_of(reading, "parametrization"), reading)
    how = cast("str | None", reading.values.get("parametrization"))
    if how is None or found.init is None:
        return found
    init = call(f"parametrizations.{how}", found.init)
    return replace(found, init=init, modular=init if found.modular else None)


def _unpool(reading: LayerReading) -> MemberForm:
    """An unpooling whose call has the size of the output."""
    found = module(f"nn.{reading.layer.type}", arguments_of(reading, "output_size"), reading)
    size = reading.values["output_size"]
    if size is None:
        return found
    size = reading.layer.output.shape[1:]
    given = [CallArgument(hole) for hole in reading.holes]
    written = CallArgument(
        CallNode(Text(""), tuple(CallArgument(Literal(n, "size")) for n in size), "[]"), "output_size"
    )
    return replace(found, call=CallNode(Own(), (*given, written)))


def _regions(reading: LayerReading) -> MemberForm:
    """Torchvision's RoIAlign, which takes a list with the boxes of every sample and joins all of them."""
    keys = ("spatial_scale", "sampling_ratio")
    given = [CallArgument(reading.literal("output_size"))]
    given += [CallArgument(reading.literal(key), key) for key in keys]
    init = CallNode(Text("RoIAlign"), (*given, *reading.named("aligned")))
    corners = Hole(1) if reading.shapes[1][1] == CORNERS else MemberNode(Hole(1), "[..., 1:]")
    joined = call(Own(), Hole(0), call("list", corners))
    parted = call(MemberNode(joined, ".unflatten"), "0", MemberNode(Hole(1), ".shape[:2]"))
    return MemberForm(init, parted, tensor=True)


def _transposed_linear(reading: LayerReading) -> MemberForm:
    """GPT-2's linear map."""
    features = (
        CallArgument(reading.literal("in_features", reading.width)),
        CallArgument(reading.literal("out_features")),
    )
    return module("Conv1D", [*features], reading)


def _layer_scale(reading: LayerReading) -> MemberForm:
    """A factor for every feature, or for every channel."""
    kind = "ChannelScale" if reading.layer.type == "LayerScale2d" else "FeatureScale"
    return module(kind, arguments_of(reading, "inplace"), reading)


def _drop_path(reading: LayerReading) -> MemberForm:
    """Stochastic depth."""
    given = [CallArgument(reading.literal("p")), CallArgument(reading.literal("mode"), "mode", "row")]
    return module("DropPath", given, reading)


def _class_token(reading: LayerReading) -> MemberForm:
    """A learned token before the sequence."""
    zeros = call("torch.zeros", "1", reading.literal("num_tokens"), Literal(reading.width, "features"))
    token = call(MemberNode(Own(), ".expand"), call("len", Hole(0)), "-1", "-1")
    joined = CallNode(Text(""), (CallArgument(token), CallArgument(Hole(0))), "[]")
    return MemberForm(call("nn.Parameter", zeros), call("torch.cat", joined, dim=Text("1")), tensor=True)


def _learned_positions(reading: LayerReading) -> MemberForm:
    """A table whose rows are added to the positions."""
    offset = cast("int", reading.values["offset"])
    length = reading.shapes[0][-2]
    rows = cast("int", reading.values["max_len"] or length + offset)
    sizes = reading.literal("max_len", rows), Literal(reading.width, "embedding_dim")
    if reading.values["bare"]:
        init = call("nn.Parameter", call("torch.zeros", "1", *sizes))
        table: CallNode | Own | MemberNode = Own()
        if rows != length:
            table = MemberNode(Own(), f"[:, {offset or ''}:{length + offset}]")
        if offset and rows == length + offset:
            table = MemberNode(Own(), f"[:, {offset}:]")
        return MemberForm(init, Infix("+", (Hole(0), table)), tensor=True)
    table = MemberNode(Own(), ".weight")
    if rows != length:
        begin = str(offset or "")
        table = MemberNode(Own(), f".weight[{begin}:{'' if rows == length + offset else length + offset}]")
    return MemberForm(call("nn.Embedding", *sizes), Infix("+", (Hole(0), table)), tensor=True)


def _mask_tokens(reading: LayerReading) -> MemberForm:
    """A learned token at the places that were left out, in a random order."""
    init = call("nn.Parameter", call("torch.zeros", "1", "1", Literal(reading.width, "features")))
    given = [CallArgument(Hole(0)), CallArgument(Own()), CallArgument(reading.literal("positions"))]
    first = reading.named("first_tokens")
    return MemberForm(init, CallNode(Text("with_mask_tokens"), (*given, *first)), tensor=True)


KINDS_OF_MODULES: "dict[str, Written]" = {
    **HELD,
    **ELEMENTWISE_KINDS,
    **FUNCTIONAL_KINDS,
    **REPEATING,
    **INDEXING,
    **{f"MaxUnpool{rank}d": _unpool for rank in (1, 2, 3)},
    **dict.fromkeys(("FrozenBatchNorm2d", "DeformConv2d"), _torchvision),
    "RoIAlign": _regions,
    "TransposedLinear": _transposed_linear,
    "LayerScale": _layer_scale,
    "LayerScale2d": _layer_scale,
    "StochasticDepth": _drop_path,
    "ClassToken": _class_token,
    "LearnedPositionalEncoding": _learned_positions,
    "MaskTokens": _mask_tokens,
    **SEQUENCE_KINDS,
    **GRAPH_KINDS,
}
