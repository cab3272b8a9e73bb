"""Layers of a Vmap: what they read joins the batch, and what they give parts from it again."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.exporting.nodes import Hole, MemberNode, Text, call, changed_tree
from archcalc.layers.mathematics import Merge

if TYPE_CHECKING:
    from archcalc.exporting.kinds.parts import MemberForm
    from archcalc.exporting.nodes import Node
    from archcalc.tracing import TracedLayer


def mapped_form(found: "MemberForm", layer: "TracedLayer", item: "TracedLayer") -> "MemberForm":
    """A layer at every position of its leading axes by itself.

    Args:
        found: how it is called at one position.
        layer: the layer.
        item: the layer at one position.
    """
    if not layer.mapped or _by_number(item):
        return found
    axes, sizes = layer.mapped, layer.output.shape[: layer.mapped]

    def join(node: "Node") -> "Node":
        own = isinstance(node, Hole) and layer.inputs[node.index].tensor.batched
        return MemberNode(node, f".flatten(0, {axes})") if own else node

    inner = changed_tree(found.call, join)
    if found.targets == "many":
        parted = call("parted", inner, *(Text(str(size)) for size in sizes))
        return replace(found, call=parted, modular=None, wraps=False)
    value = MemberNode(inner, "[0]") if found.targets == "first" else inner
    apart = call("torch.unflatten", value, "0", f"(-1, {', '.join(map(str, sizes))})")
    return replace(found, call=apart, modular=None, targets="one")


def _by_number(item: "TracedLayer") -> bool:
    """Whether it takes every number by itself, wherever it stands."""
    does, shapes = item.arguments, {port.tensor.shape for port in item.inputs}
    single = does.bends or does.merges in (Merge.SUM, Merge.PRODUCT)
    batched = all(port.tensor.batched for port in item.inputs)
    return single and batched and not item.facts.weights and shapes == {item.output.shape}
