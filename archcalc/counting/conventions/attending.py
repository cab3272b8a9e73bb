"""What tools count of attention, which torch runs as one operator, or as products of its own.

With ``need_weights`` torch's module multiplies the scores and mixes in two products of their own.
"""

from typing import TYPE_CHECKING

from archcalc.counting.conventions.prices import maps, products

if TYPE_CHECKING:
    from archcalc.counting.conventions.prices import Price
    from archcalc.tracing import TracedLayer


def scored(layer: "TracedLayer") -> tuple[int, int]:
    """Rows of the scores of attention in all heads, and keys in each."""
    attention = layer.facts.attention
    return (0, 0) if attention is None else (attention.heads * attention.queries, attention.keys)


def asked_apart(layer: "TracedLayer") -> bool:
    """Whether the weights of attention are asked for, and so scores and mixing are products of their own."""
    return bool(dict(layer.arguments).get("need_weights"))


def scores_and_mixing(layer: "TracedLayer") -> int | None:
    """Multiply-accumulates of scores and mixing."""
    macs, mapped = products(layer), maps(layer)
    return None if macs is None or mapped is None else macs - mapped


def fused(projections: "Price") -> "Price":
    """The projections, and scores and mixing where they are products of their own."""

    def priced(layer: "TracedLayer") -> int | None:
        found, apart = projections(layer), scores_and_mixing(layer) if asked_apart(layer) else 0
        return None if found is None or apart is None else found + apart

    return priced


def runs_as_one(layer: "TracedLayer") -> bool:
    """Whether torch's module takes its fast path without gradients.

    It does so of self attention with biases and an even number of heads (torch.nn.MultiheadAttention).
    """
    attention, given = layer.facts.attention, dict(layer.arguments)
    plain = len(layer.inputs) == 1 and not given.get("add_bias_kv") and not given.get("add_zero_attn")
    return plain and bool(given.get("bias", True)) and attention is not None and attention.heads % 2 == 0
