"""Rules that follow from what a kind states of its function, where it has none of its own."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.layers.parametrization import ORIGINAL
from archcalc.moments import Propagated, Unruled, nothing_back

if TYPE_CHECKING:
    from archcalc.facts import Facts
    from archcalc.layers.base import Layer
    from archcalc.moments import Arrived, Drawn


def by_traits(
    layer: "Layer", read: "tuple[Arrived, ...]", facts: "Facts", drawn: "Drawn"
) -> Propagated | Unruled:
    """What comes of the numbers that a layer reads, by its traits."""
    from archcalc.layers.carrying.distributing import carried_distribution
    from archcalc.layers.carrying.joining import carried_merge
    from archcalc.layers.carrying.maps import carried_map
    from archcalc.layers.carrying.norms import carried_norm
    from archcalc.layers.carrying.passing import carried_drop, carried_passing

    found: Propagated | Unruled = Unruled("no rule is known for this kind")
    if layer.merges is not None:
        found = carried_merge(layer.merges, read, next(iter(facts.outputs.values())))
    elif layer.normalizes is not None:
        eps, over = getattr(layer, "eps", None), layer.normalizes
        found = carried_norm(over, read, facts, drawn, eps, centred=layer.centred)
    elif layer.distributes is not None:
        found = carried_distribution(layer.distributes, read, facts)
    elif layer.linear and facts.weights and len(read) == 1:
        found = carried_map(read, facts, drawn)
    elif layer.drops:
        found = carried_drop(read, float(getattr(layer, "p", 0.0)), channels=layer.drops_channels)
    elif layer.passes is not None and read:
        found = carried_passing(layer.passes, read, facts)
    if layer.detaches and not isinstance(found, Unruled):
        return found._replace(back=nothing_back(len(read)))
    return found


def first_weights(layer: "Layer", facts: "Facts") -> "Drawn":
    """Mean squares of what torch first gives the weights, by what a kind states of them."""
    weights, n = facts.weights, layer.initial
    if layer.normalizes is not None:
        return {name: 1.0 if name == "weight" else 0.0 for name in weights}
    shape = weights.get("weight", weights.get(f"{ORIGINAL}1"))
    if n is None or shape is None:
        return {}
    return (
        {"weight": n / prod(shape[1:]), "bias": n / prod(shape[1:])}
        if "bias" in weights
        else {"weight": n / prod(shape[1:])}
    )
