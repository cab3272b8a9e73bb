"""Whether two traces are one network, whatever the order of layers that do not read one another."""

from typing import TYPE_CHECKING

from archcalc.layers.mathematics import Merge
from archcalc.matching.forms import value_text

if TYPE_CHECKING:
    from collections.abc import Hashable

    from archcalc.tracing import Trace, TracedLayer


def first_difference(wanted: "Trace", found: "Trace") -> int | None:
    """The number of the first layer that another trace has not; None: the two are one network.

    Layers are the same that are of one kind with the same arguments and the same shapes, have weights of the
    same full names, and read the same. Those without weights may be called anything.
    """
    table: dict[Hashable, int] = {}
    mine, theirs = _classes(wanted, table), _classes(found, table)
    left: dict[int, int] = {}
    for each in theirs:
        left[each] = left.get(each, 0) + 1
    for number, each in enumerate(mine):
        left[each] = left.get(each, 0) - 1
        if left[each] < 0:
            return number
    if len(mine) != len(theirs) or _leaving(wanted, mine) != _leaving(found, theirs):
        return len(mine)
    return None


def _classes(trace: "Trace", table: "dict[Hashable, int]") -> list[int]:
    """Of each layer a number that stands for all that is known of it and of what it depends on."""
    numbers: dict[str, Hashable] = {name: name for name in trace.inputs}
    found: list[int] = []
    for layer in trace.layers:
        reads = [(numbers[port.layer], port.output) for port in layer.inputs]
        if layer.arguments.merges in (Merge.SUM, Merge.PRODUCT):
            reads.sort(key=str)
        key = (_known(layer), tuple(reads))
        number = table.setdefault(key, len(table))
        numbers[layer.name] = number
        found.append(number)
    return found


def _leaving(trace: "Trace", classes: list[int]) -> "list[Hashable]":
    numbers = {layer.name: number for layer, number in zip(trace.layers, classes, strict=True)}
    return [(numbers.get(port.layer, port.layer), port.output) for port in trace.outputs]


def _known(layer: "TracedLayer") -> "Hashable":
    facts = layer.facts
    tensors = tuple(sorted((name, shape) for name, shape in (*facts.weights.items(), *facts.buffers.items())))
    arguments = tuple(sorted((key, value_text(value)) for key, value in layer.resolved.items()))
    outputs = tuple((name, tensor.shape, tensor.dtype) for name, tensor in facts.outputs.items())
    tied = tuple(sorted(layer.tied.items()))
    own = layer.name if tensors else ""
    frozen = layer.frozen, layer.frozen_weights
    return layer.type, own, arguments, outputs, facts.macs, frozen, tensors, tied
