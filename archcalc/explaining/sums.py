"""The sums of a network or a container: what each layer or container right inside adds to them."""

from typing import TYPE_CHECKING

from archcalc.analyses.parameters import params
from archcalc.explaining.adding import MAX_ADDENDS, added_up
from archcalc.explaining.records import Explained, Explanation
from archcalc.tracing.runs import Run, parts_of
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.analyses.parameters import LayerParams
    from archcalc.tracing import Trace, TracedLayer

MAX_NAMES = 100
"""Layers without known MACs that are told by name."""


def explained_sums(trace: "Trace", scope: str = "") -> Explanation:
    """The sums of all layers, or of those of a container, as sums of what is right inside.

    Raises:
        UnknownName: there is no such container.
    """
    inside = _inside(trace.scope(scope).layers if scope else trace.layers, scope)
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


class _Inside(NamedTuple):
    """What is right inside of a scope: its name -> its layers, each with how many such there are.

    ``more`` are turns of the scope itself that stand under the name of one of them: nobody would read them.
    """

    layers: "Mapping[str, Sequence[tuple[int, TracedLayer]]]"
    more: int


def _inside(layers: "Sequence[TracedLayer]", scope: str) -> _Inside:
    found: dict[str, list[tuple[int, TracedLayer]]] = {}
    more = 0
    for part in parts_of(layers):
        if not isinstance(part, Run):
            found.setdefault(_child(part.name, scope), []).append((1, part))
            continue
        turns = part.turns if part.name == scope and len(part.turns) <= MAX_ADDENDS else part.turns[:1]
        times = len(part.turns) // len(turns)
        more += times - 1 if part.name == scope else 0
        for turn in turns:
            for layer in part.turn(turn):
                found.setdefault(_child(layer.name, scope), []).append((times, layer))
    return _Inside(found, more)


def _child(name: str, scope: str) -> str:
    """What is right inside of a scope and holds a layer; the layer of the scope's own name is itself."""
    if name == scope:
        return name
    start = len(scope) + 1 if scope else 0
    return name[:start] + name[start:].split(".", 1)[0]


def _sums(trace: "Trace", inside: _Inside) -> "Iterator[Explained]":
    counted = params(trace).layers
    told = [each for layers in inside.layers.values() for each in layers]
    ties = sum(times * len(layer.tied) for times, layer in told)
    shared = f"{ties} tensors that are counted where they are owned add nothing" if ties else ""
    notes = {"params": shared}
    for name in ("params", "trainable", "buffers", "active"):
        sums = {
            child: sum(times * _counted(counted[each.name], name) for times, each in layers)
            for child, layers in inside.layers.items()
        }
        every = sum(times * counted[each.name].params for times, each in told)
        if name != "active" or sum(sums.values()) != every:
            yield _sum(name, sums, inside.more, notes.get(name, ""))
    work = {
        child: sum(times * (each.facts.macs or 0) for times, each in layers)
        for child, layers in inside.layers.items()
    }
    yield _sum("MACs", work, inside.more, _unknown(told))


def _unknown(told: "Sequence[tuple[int, TracedLayer]]") -> str:
    """Of which layers the MACs are not known."""
    unknown = [(times, layer.name) for times, layer in told if layer.facts.macs is None]
    if not unknown:
        return ""
    more = sum(times for times, _ in unknown) - len(unknown[:MAX_NAMES])
    names = [name for _, name in unknown[:MAX_NAMES]] + ([f"{more:,} more"] if more else [])
    return f"a lower bound: not known of {', '.join(names)}"


def _counted(of: "LayerParams", name: str) -> int:
    counts = {"params": of.params, "trainable": of.trainable, "buffers": of.buffers, "active": of.active}
    return counts[name]


def _sum(name: str, addends: "Mapping[str, int]", more: int, note: str) -> Explained:
    """One sum; of very many addends only the total."""
    derived = None if more else added_up(addends)
    many = "" if derived else f"the sum of {len(addends) + more} layers and containers"
    return Explained(name, "", sum(addends.values()), derived, "; ".join(filter(None, (many, note))))
