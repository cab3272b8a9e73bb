"""Whether two traces are one network: weights by their full names, and what is made of what."""

from collections import Counter

from archcalc.layers.mathematics import Merge
from archcalc.tracing import Trace, TracedLayer


def in_order(trace: Trace) -> list[object]:
    """Every layer in execution order: all that is known of it, and the numbers of what it reads."""
    numbers = {layer.name: number for number, layer in enumerate(trace.layers)}
    layers: list[object] = [
        (_known(layer), [(numbers.get(port.layer, port.layer), port.output) for port in layer.inputs])
        for layer in trace.layers
    ]
    return [*layers, *((numbers.get(port.layer, port.layer), port.output) for port in trace.outputs)]


def as_graph(trace: Trace) -> tuple[Counter[str], list[str]]:
    """Every layer with all that it depends on, in any order; sums and products of anything in any order."""
    made: dict[str, str] = {}
    table: dict[str, str] = {}
    for layer in trace.layers:
        reads = [f"{made.get(port.layer, port.layer)}:{port.output}" for port in layer.inputs]
        if layer.arguments.merges in (Merge.SUM, Merge.PRODUCT):
            reads.sort()
        text = f"{_known(layer)} {reads}"
        made[layer.name] = table.setdefault(text, f"#{len(text)}:{hash(text)}")
    outputs = [f"{made.get(port.layer, port.layer)}:{port.output}" for port in trace.outputs]
    return Counter(made.values()), outputs


def _known(layer: TracedLayer) -> str:
    weights = {f"{layer.name}.{name}": shape for name, shape in layer.facts.weights.items()}
    buffers = {f"{layer.name}.{name}": shape for name, shape in layer.facts.buffers.items()}
    tensors = (sorted(weights.items()), sorted(buffers.items()), sorted(layer.tied.items()))
    arguments = sorted((key, _shown(value)) for key, value in layer.resolved.items())
    return f"{layer.type} {arguments} {layer.output} {layer.facts.macs} {layer.frozen} {tensors}"


def _shown(value: object) -> str:
    """A value as text; a share in 12 digits, which torch calculates in steps and an expression at once."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)
