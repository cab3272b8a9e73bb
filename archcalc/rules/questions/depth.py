"""How deep a network is where nothing leads around its layers."""

from typing import TYPE_CHECKING

from archcalc.facts import unread
from archcalc.layers.mathematics import Merge
from archcalc.rules.language import Context, TracedLayer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def plain_runs(context: Context) -> "Iterator[tuple[TracedLayer, ...]]":
    """Runs of layers that every way from an input to an output passes, with no way around any of them.

    Ways that meet again in an addition or a concatenation end a run. Those that meet in a product do not: a
    gate is no shortcut. What no gradient passes ends a run too: on both sides layers learn by themselves.
    """
    read = {layer.name: _read(layer) for layer in context.layers}
    ways = _between(context, read)
    order = {layer.name: index for index, layer in enumerate(ways)}
    spanned = _spanned(context, order, read)
    passed = [index for index in range(len(ways)) if not spanned[index]]
    run: list[TracedLayer] = []
    for index, before in zip(passed, [None, *passed], strict=False):
        meets = before is not None and before < index - 1
        kind = ways[index].arguments
        if run and ((meets and kind.merges is not Merge.PRODUCT) or kind.detaches):
            yield tuple(run)
            run = []
        run.append(ways[index])
    if run:
        yield tuple(run)


def _between(context: Context, read: "Mapping[str, Sequence[str]]") -> list[TracedLayer]:
    """Layers on a way from an input of the network to one of its outputs, in execution order."""
    reached = set(context.trace.inputs)
    for layer in context.layers:
        if not reached.isdisjoint(read[layer.name]):
            reached.add(layer.name)
    wanted = set(context.trace.leaving)
    found: list[TracedLayer] = []
    for layer in reversed(context.layers):
        if layer.name in wanted and layer.name in reached:
            found.append(layer)
            wanted.update(read[layer.name])
    return found[::-1]


def _spanned(context: Context, order: "Mapping[str, int]", read: "Mapping[str, Sequence[str]]") -> list[bool]:
    """Whether a way leads around each layer: an edge from one before it to one behind it.

    The inputs stand before all layers, and the outputs behind all.
    """
    places = {**dict.fromkeys(context.trace.inputs, -1), **order}
    starts = [0] * (len(order) + 2)
    for name, index in order.items():
        edges = [(places[each], index) for each in read[name] if each in places]
        if name in context.trace.leaving:
            edges.append((index, len(order)))
        for start, end in edges:
            starts[start + 1] += 1
            starts[end] -= 1
    spanning = 0
    found: list[bool] = []
    for change in starts[: len(order)]:
        spanning += change
        found.append(spanning > 0)
    return found


def _read(layer: TracedLayer) -> "list[str]":
    """What a layer reads numbers of."""
    pairs = zip(layer.inputs, layer.facts.reads, strict=False)
    return [port.layer for port, reads in pairs if not unread(reads)]
