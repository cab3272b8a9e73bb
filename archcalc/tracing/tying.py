"""Tied layers: which weights and buffers a layer shares with an earlier one."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.tracing.records import TracedLayer, tensor_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.facts import Facts

UNTIED: "Mapping[str, str]" = {}
"""What most layers share."""


def share(
    facts: "Facts",
    kind: str,
    tie: tuple[str, str],
    name: str,
    layer: "Callable[[str], TracedLayer | None]",
) -> "Mapping[str, str]":
    """Own tensor -> full name of the owner's tensor, for every weight of the same name.

    A layer of another kind shares what fits (an output Linear has its own bias beside the embedding's
    ``weight``); a layer of the same kind is a second use of the same layer and shares its buffers too.

    Args:
        facts: of the layer that shares.
        kind: its kind.
        tie: prefix of the scope that shares and of the one that owns.
        name: full name of the layer that shares.
        layer: any layer above it, by its full name.
    """
    if not facts.weights:
        return UNTIED
    own, target = tie
    below = name[len(own) :].lstrip(".")
    owner = layer(f"{target}.{below}" if below else target)
    if owner is None:
        raise Fault(f"no layer {below!r} in {target!r} to share weights with", key="tie")
    both = [weight for weight in facts.weights if weight in owner.facts.weights]
    if not both:
        raise Fault(f"shares no weight with {owner.name!r} ({owner.type})", key="tie")
    for weight in both:
        mine, owned = facts.weights[weight], owner.facts.weights[weight]
        if mine != owned:
            fact = f"{weight} is {list(mine)} here, but {list(owned)} in {owner.name!r}"
            raise Fault(fact, key="tie")
    if kind == owner.type:
        theirs = owner.facts.buffers
        both += [buffer for buffer, shape in facts.buffers.items() if shape == theirs.get(buffer)]
    return {weight: owner.tied.get(weight, tensor_name(owner.name, weight)) for weight in both}
