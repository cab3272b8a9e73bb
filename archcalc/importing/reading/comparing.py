"""Truths: comparisons, what they are made of, and what they choose."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.broadcasting import merged_by
from archcalc.importing.reading.calls import given
from archcalc.importing.reading.casting import result_dtype
from archcalc.importing.reading.layouts import Untranslated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedArgument, RecordedCall


COMPARED = ("eq", "ne", "lt", "le", "gt", "ge")


TURNED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


def _comparison(op: str) -> "Translator":
    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, "input other")
        left, right = got.get("input", got.get("self")), got.get("other")
        number = draft.scalar(right)
        if number is not None:
            return draft.add("Compare", draft.node(left), arguments={"op": op, "other": number})
        turned = draft.scalar(left)
        if turned is not None:
            return draft.add("Compare", draft.node(right), arguments={"op": TURNED[op], "other": turned})
        return merged_by(draft, call, "Compare", draft.node(left), draft.node(right), arguments={"op": op})

    return translate


def _logical(kind: str) -> "Translator":
    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, "input other")
        nodes = draft.node(got.get("input", got.get("self"))), draft.node(got.get("other"))
        if any(node.dtype != "bool" for node in nodes):
            raise Untranslated("a logical operation on numbers")
        return merged_by(draft, call, kind, *nodes)

    return translate


def _where(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.where(condition, x, y)."""
    got = given(call, "condition input other")
    if got.get("condition") is None or "input" not in got:
        raise Untranslated("where without two tensors")
    if call.op.startswith("torch.Tensor."):  # x.where(condition, y)
        got = given(call, "input condition other")
    dtype = result_dtype(draft, call)
    chosen = tuple(number_node(draft, got.get(name), dtype) for name in ("input", "other"))
    return merged_by(draft, call, "Where", draft.node(got.get("condition")), *chosen)


def number_node(draft: "Draft", argument: "RecordedArgument", dtype: str) -> "SampleNode":
    """A tensor, or the constant of a number."""
    if not isinstance(argument, int | float):
        return draft.node(argument)
    return draft.add(
        "Constant", arguments={"shape": (), "dtype": dtype, "form": "fill", "value": float(argument)}
    )


def _masked_fill(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.masked_fill(mask, value)."""
    got = given(call, "input mask value")
    value = draft.scalar(got.get("value"))
    if value is None:
        raise Untranslated("masked_fill with a tensor")
    nodes = draft.node(got.get("input")), draft.node(got.get("mask"))
    return merged_by(draft, call, "MaskedFill", *nodes, arguments={"value": float(value)})


TABLE: "Mapping[str, Translator]" = {
    "where": _where,
    "masked_fill": _masked_fill,
    **{op: _comparison(op) for op in COMPARED},
    "logical_and": _logical("LogicalAnd"),
    "logical_or": _logical("LogicalOr"),
    "bitwise_and": _logical("LogicalAnd"),
    "bitwise_or": _logical("LogicalOr"),
}
