"""The sums of a network or a container: what each layer or container right inside adds to them."""

from typing import TYPE_CHECKING

from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import params
from archcalc.explaining.adding import added_up
from archcalc.explaining.records import Explained, Explanation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.analyses.parameters import LayerParams
    from archcalc.tracing import Trace, TracedLayer


def explained_sums(trace: "Trace", scope: str = "") -> Explanation:
    """The sums of all layers, or of those of a container, as sums of what is right inside.

    Raises:
        UnknownName: there is no such container.
    """
    layers = trace.scope(scope).layers if scope else trace.layers
    inside: dict[str, list[TracedLayer]] = {}
    for layer in layers:
        inside.setdefault(_child(layer.name, scope), []).append(layer)
    ports = trace.scope(scope).enters if scope else ()
    entering = [(str(port), port.tensor) for port in ports] or list(trace.inputs.items())
    leaving = trace.scope(scope).leaves if scope else trace.outputs
    return Explanation(
        scope or trace.model,
        trace.scopes.get(scope, "") if scope else "model",
        tuple(("", name, tensor) for name, tensor in entering),
        tuple((str(port), port.tensor) for port in leaving),
        tuple(_sums(trace, inside)),
    )


def _child(name: str, scope: str) -> str:
    """What is right inside of a scope and holds a layer; the layer of the scope's own name is itself."""
    if name == scope:
        return name
    start = len(scope) + 1 if scope else 0
    return name[:start] + name[start:].split(".", 1)[0]


def _sums(trace: "Trace", inside: "Mapping[str, list[TracedLayer]]") -> "Iterator[Explained]":
    counted = params(trace).layers
    told = [layer for layers in inside.values() for layer in layers]
    ties = sum(len(layer.tied) for layer in told)
    shared = f"{ties} tensors that are counted where they are owned add nothing" if ties else ""
    notes = {"params": shared}
    for name in ("params", "trainable", "buffers", "active"):
        sums = {
            child: sum(_counted(counted[each.name], name) for each in layers)
            for child, layers in inside.items()
        }
        if name != "active" or sum(sums.values()) != sum(counted[each.name].params for each in told):
            yield _sum(name, sums, notes.get(name, ""))
    work = {child: sum(each.facts.macs or 0 for each in layers) for child, layers in inside.items()}
    unknown = [name for name in macs(trace).unknown if any(name == layer.name for layer in told)]
    yield _sum("MACs", work, f"a lower bound: not known of {', '.join(unknown)}" if unknown else "")


def _counted(of: "LayerParams", name: str) -> int:
    counts = {"params": of.params, "trainable": of.trainable, "buffers": of.buffers, "active": of.active}
    return counts[name]


def _sum(name: str, addends: "Mapping[str, int]", note: str) -> Explained:
    """One sum; of very many addends only the total."""
    derived = added_up(addends)
    many = "" if derived else f"the sum of {len(addends)} layers and containers"
    return Explained(name, "", sum(addends.values()), derived, "; ".join(filter(None, (many, note))))
