"""F.scaled_dot_product_attention, with the masks that are known by what they hold."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.calls import given
from archcalc.importing.reading.layouts import Layout, Untranslated, layout_of
from archcalc.importing.reading.reshaping import without_axes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedArgument, RecordedCall

SIGNATURE = "query key value attn_mask dropout_p is_causal scale enable_gqa"


def _attention(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """softmax(Q K^T / sqrt(d) + mask) V of heads that are an axis of their own."""
    got = given(call, SIGNATURE)
    streams = [draft.node(got.get(name)) for name in ("query", "key", "value")]
    layout = layout_of(draft.value(call.result).sizes, streams[0].layout.outer)
    if any(node.layout != streams[0].layout for node in streams):
        raise Untranslated("the batch stands at different axes of query, key and value")
    arguments: dict[str, object] = {}
    if got.get("is_causal", False):
        arguments["causal"] = True
    bias, masked = mask_terms(draft, got.get("attn_mask"), streams[0])
    arguments |= masked
    rate, scale = got.number("dropout_p", 0), got.get("scale")
    if rate:
        arguments["dropout_p"] = float(rate)
    if isinstance(scale, int | float) and abs(scale * streams[0].shape[-1] ** 0.5 - 1) > 1e-6:  # noqa: PLR2004  rounding
        arguments["scale"] = float(scale)
    queries, keys = streams[0].shape[-2], streams[1].shape[-2]
    if queries != keys:
        arguments["cross"] = True
    return draft.add("ScaledDotProductAttention", *streams, *bias, layout=layout, arguments=arguments)


def mask_terms(
    draft: "Draft", argument: "RecordedArgument", query: "SampleNode"
) -> "tuple[list[SampleNode], dict[str, object]]":
    """The terms on the scores that a step has to read, and the masks that its arguments say."""
    if argument is None:
        return [], {}
    value = draft.value(argument)
    content = value.content
    if value.constant and content is not None:
        if content.form == "causal":
            return [], {"causal": True}
        if content.form == "window" and content.detail is not None:
            return [], {"causal": True, "window": int(content.detail)}
        number = content.numbers[0] if content.numbers else content.detail
        if content.form == "fill" and (number == 0) != (value.dtype == "bool"):
            return [], {}
    node = draft.node(argument)
    layout: Layout = node.layout
    lead = [axis for axis, size in enumerate(node.shape[:-3]) if size == 1]
    if layout.axis is None and len(node.shape) > 3 and len(lead) == len(node.shape) - 3:  # noqa: PLR2004  heads, T, S
        node = without_axes(draft, node, *lead)
    del query
    return [node], {}


TABLE: "Mapping[str, Translator]" = {"scaled_dot_product_attention": _attention}
