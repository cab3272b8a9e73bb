"""Modules that take more than tensors, or give several: attention, recurrent layers, pools."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.importing.program import Read
from archcalc.importing.reading.attending import mask_terms
from archcalc.importing.reading.calls import GivenArguments, given, several
from archcalc.importing.reading.layouts import Layout, Untranslated, layout_of
from archcalc.importing.reading.named import module_step, named_layer
from archcalc.importing.reading.normalising import same_sizes
from archcalc.importing.reading.reshaping import permuted, viewed_as
from archcalc.importing.recording import Ref

if TYPE_CHECKING:
    from archcalc.importing.reading.draft import Draft, Nodes
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedArgument, RecordedCall

    Special = Callable[["Draft", RecordedCall, Mapping[str, object]], Nodes]

ATTENTION = "query key value key_padding_mask need_weights attn_mask average_attn_weights is_causal"
CUBE = 3
"""Axes of a batch of sequences."""


def _attention(draft: "Draft", call: "RecordedCall", arguments: Mapping[str, object]) -> "Nodes":
    """torch.nn.MultiheadAttention."""
    got = given(call, ATTENTION)
    written = {**arguments}
    results = call.result if isinstance(call.result, tuple) else (call.result, None)
    asked = isinstance(results[1], Ref) and results[1].value in draft.read_values
    if asked:
        written["need_weights"] = True
        if not got.get("average_attn_weights", True):
            written["average_attn_weights"] = False
    nodes = _streams(draft, got, "query", "key", "value")
    bias, masked = mask_terms(draft, got.get("attn_mask"), nodes[0])
    written |= masked
    if "key_padding_mask" in got and not _all_false(draft, got.get("key_padding_mask")):
        raise Untranslated("a padding mask on the keys")
    if bias:
        nodes = (
            (*nodes, *(nodes[-1:] * (CUBE - len(nodes))), *bias)
            if len(nodes) > 1
            else (*(nodes * CUBE), *bias)
        )
        if len({node.read for node in nodes[:CUBE]}) == 1:
            written["cross"] = False
    batch = 0 if written.get("batch_first") else 1
    found = named_layer(
        draft, call.module or "", "MultiheadAttention", nodes, written, anywhere=False, batch=batch
    )
    if not asked:
        return (found, None) if isinstance(call.result, tuple) else found
    layout = layout_of(draft.value(results[1]).sizes, found.layout.outer)
    return found, draft.other_output(found, "attn_output_weights", layout)


def _streams(draft: "Draft", got: GivenArguments, *names: str) -> "tuple[SampleNode, ...]":
    """Query, key and value, fewer where they are the same."""
    query, key, value = (draft.node(got.get(name)) for name in names)
    if query.read == key.read == value.read:
        return (query,)
    return (query, key) if key.read == value.read else (query, key, value)


def _all_false(draft: "Draft", argument: "RecordedArgument") -> bool:
    content = draft.value(argument).content
    return content is not None and content.form == "fill" and not (content.numbers or (content.detail,))[0]


def recurrent(draft: "Draft", call: "RecordedCall", arguments: Mapping[str, object], kind: str) -> "Nodes":
    """torch.nn.RNN, GRU, LSTM; batches merged with other axes are mapped."""
    got = given(call, "input hx")
    node = draft.node(got.get("input"))
    states = [draft.node(each) for each in _states(draft, got.get("hx"))]
    batch = 0 if arguments.get("batch_first") else 1
    outputs, ends = call.result if isinstance(call.result, tuple) else (call.result, None)
    if node.layout.merged and batch == 1:
        node = permuted(draft, node, (1, 0, 2))
    there = 0 if node.layout.merged else batch
    found = named_layer(
        draft, call.module or "", kind, (node, *states), {**arguments}, anywhere=False, batch=there
    )
    if node.layout.merged and batch == 1:
        found = permuted(draft, found, (1, 0, 2))
    del outputs
    final = ends if isinstance(ends, tuple) else (ends,)
    names = ("h_n", "c_n")[: len(final)]
    last = tuple(_end(draft, found, name, end) for name, end in zip(names, final, strict=True))
    return found, last if isinstance(ends, tuple) else last[0]


def _end(draft: "Draft", found: "SampleNode", name: str, end: "RecordedArgument") -> "SampleNode | None":
    """A last state, where something reads it; the axis along which a layer is mapped comes first."""
    if not isinstance(end, Ref) or end.value not in draft.read_values:
        return None
    if not found.layout.merged:
        return draft.other_output(found, name, layout_of(draft.value(end).sizes))
    state = draft.other_output(found, name, found.layout)
    return permuted(draft, state, (1, 0, 2))


def _states(draft: "Draft", argument: "RecordedArgument") -> "tuple[RecordedArgument, ...]":
    """First states, those left out that are all zeros."""
    given_states = argument if isinstance(argument, tuple) else () if argument is None else (argument,)
    contents = [draft.value(each).content for each in given_states]
    zeros = [content is not None and content.form == "fill" and not content.detail for content in contents]
    return () if given_states and all(zeros) else given_states


def cell(draft: "Draft", call: "RecordedCall", arguments: Mapping[str, object], kind: str) -> "Nodes":
    """torch.nn.RNNCell, GRUCell, LSTMCell."""
    got = given(call, "input hx")
    states = [draft.node(each) for each in _states(draft, got.get("hx"))]
    nodes = (draft.node(got.get("input")), *states)
    found = named_layer(draft, call.module or "", kind, nodes, {**arguments}, anywhere=False)
    if not isinstance(call.result, tuple):
        return found
    return found, draft.other_output(found, "c_1", found.layout)


def pool(draft: "Draft", call: "RecordedCall", arguments: Mapping[str, object], kind: str) -> "Nodes":
    """Pools, whose stride is the kernel where nothing is said."""
    written = dict(arguments)
    if "stride" in written and same_sizes(written["stride"], written.get("kernel_size")):
        del written["stride"]
    node = draft.node(given(call, "input").get("input"))
    found = named_layer(draft, call.module or "", kind, (node,), written, anywhere=False)
    if not isinstance(call.result, tuple):
        return found
    places = Read(found.read.step, "indices")
    return found, replace(found, read=places, tensor=replace(found.tensor, dtype="int64"))


def _unpool(draft: "Draft", call: "RecordedCall", arguments: Mapping[str, object], kind: str) -> "Nodes":
    """torch.nn.MaxUnpool1d-3d."""
    got = given(call, "input indices output_size")
    written = dict(arguments)
    if same_sizes(written.get("stride"), written.get("kernel_size")):
        del written["stride"]
    sizes = draft.value(call.result).sizes
    if "output_size" in got:
        written["output_size"] = sizes[2:]
    nodes = draft.node(got.get("input")), draft.node(got.get("indices"))
    return named_layer(draft, call.module or "", kind, nodes, written, anywhere=False)


def _transposed(draft: "Draft", call: "RecordedCall", arguments: Mapping[str, object], kind: str) -> "Nodes":
    """torch.nn.ConvTranspose1d-3d, whose call may say the size of the output."""
    got = given(call, "input output_size")
    node = draft.node(got.get("input"))
    written = dict(arguments)
    if "output_size" in got:
        written["output_padding"] = _added(node.shape[1:], draft.value(call.result).sizes[2:], written)
    return named_layer(draft, call.module or "", kind, (node,), written, anywhere=False)


def _added(
    sizes: "tuple[int, ...]", wanted: "tuple[object, ...]", written: Mapping[str, object]
) -> tuple[int, ...]:
    """Positions added behind, so that the output has the size that the call wants."""
    from archcalc.formulas.windows import transposed_output

    def each(key: str, axis: int) -> int:
        value = written[key]
        number = value[axis] if isinstance(value, tuple) else value  # type: ignore[unused-ignore]  # any item
        return number if isinstance(number, int) else 0

    usual = [
        transposed_output(
            n, each("kernel_size", i), each("stride", i), each("padding", i), 0, each("dilation", i)
        )
        for i, n in enumerate(sizes)
    ]
    return tuple(int(str(goal)) - here for goal, here in zip(wanted, usual, strict=True))


def view(draft: "Draft", call: "RecordedCall", arguments: Mapping[str, object], kind: str) -> "Nodes":
    """torch.nn.Flatten, Unflatten: as they are where the batch is the first axis."""
    node = draft.node(call.args[0])
    sizes = draft.value(call.result).sizes
    if node.layout == Layout(0):
        return named_layer(draft, call.module or "", kind, (node,), {**arguments}, anywhere=False)
    draft.called.add(call.module or "")
    return viewed_as(draft, node, sizes)


def norm_over_axes(
    draft: "Draft", call: "RecordedCall", arguments: Mapping[str, object], kind: str
) -> "Nodes":
    """torch.nn.LayerNorm, RMSNorm, of which a single axis needs no size."""
    node = draft.node(call.args[0])
    written = dict(arguments)
    sizes = written.get("normalized_shape")
    count = len(sizes) if isinstance(sizes, tuple) else 1  # type: ignore[unused-ignore]  # any items
    if count == 1:
        written.pop("normalized_shape", None)
    if node.layout.axis is not None and node.layout.axis >= node.rank - count:
        raise Untranslated("it acts on the batch axis")
    return named_layer(draft, call.module or "", kind, (node,), written, anywhere=True)


def _resized(draft: "Draft", call: "RecordedCall", arguments: Mapping[str, object], kind: str) -> "Nodes":
    """torch.nn.Upsample."""
    node = draft.node(call.args[0])
    written = {key: value for key, value in arguments.items() if value is not None}
    if written.get("align_corners") is False:
        del written["align_corners"]
    return named_layer(draft, call.module or "", kind, (node,), written, anywhere=False)


MODES = {
    "ZeroPad": "constant",
    "ConstantPad": "constant",
    "ReflectionPad": "reflect",
    "ReplicationPad": "replicate",
    "CircularPad": "circular",
}
"""torch's pads without their rank, and the modes of the kind Pad that they are."""


def _padded(draft: "Draft", call: "RecordedCall", arguments: Mapping[str, object], kind: str) -> "Nodes":
    """torch.nn's pads, which take the last axes of whatever arrives."""
    node = draft.node(call.args[0])
    count = int(kind[-2])
    if node.layout.axis is None or len(node.shape) == count + 1:
        return named_layer(draft, call.module or "", kind, (node,), {**arguments}, anywhere=False)
    if node.layout.axis >= node.rank - count:
        raise Untranslated("it pads an axis that holds the batch")
    more = {"value": arguments["value"]} if "value" in arguments else {}
    pad, step = arguments["padding"], module_step(draft, call.module or "")
    sides = several(pad) * (1 if isinstance(pad, tuple) else 2 * count)
    return draft.add("Pad", node, under=step, arguments={"pad": sides, "mode": MODES[kind[:-2]], **more})


def _of(
    kind: str, function: "Callable[[Draft, RecordedCall, Mapping[str, object], str], Nodes]"
) -> "Special":
    return lambda draft, call, arguments: function(draft, call, arguments, kind)


RANKS = (1, 2, 3)
SPECIAL: "Mapping[str, Special]" = {
    "MultiheadAttention": _attention,
    **{kind: _of(kind, recurrent) for kind in ("RNN", "GRU", "LSTM")},
    **{kind: _of(kind, cell) for kind in ("RNNCell", "GRUCell", "LSTMCell")},
    **{f"{name}{n}d": _of(f"{name}{n}d", pool) for name in ("MaxPool", "AvgPool", "LPPool") for n in RANKS},
    **{f"AdaptiveMaxPool{n}d": _of(f"AdaptiveMaxPool{n}d", pool) for n in RANKS},
    **{f"FractionalMaxPool{n}d": _of(f"FractionalMaxPool{n}d", pool) for n in (2, 3)},
    **{f"MaxUnpool{n}d": _of(f"MaxUnpool{n}d", _unpool) for n in RANKS},
    **{f"ConvTranspose{n}d": _of(f"ConvTranspose{n}d", _transposed) for n in RANKS},
    **{kind: _of(kind, view) for kind in ("Flatten", "Unflatten")},
    **{kind: _of(kind, norm_over_axes) for kind in ("LayerNorm", "RMSNorm")},
    **{f"{name}{n}d": _of(f"{name}{n}d", _padded) for name in MODES for n in RANKS},
    "Upsample": _of("Upsample", _resized),
}
"""Kinds whose calls need more than their tensors handed on."""
