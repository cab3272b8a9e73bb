"""Sequences of tokens: where the positions of an input run on, and what looks ahead on the way."""

from itertools import islice
from typing import TYPE_CHECKING

from archcalc.facts import WHOLE, AxisRead, Window
from archcalc.rules.language import Context, Port, TracedLayer
from archcalc.rules.questions.vocabulary import looks_up
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Axes = Mapping[tuple[str, str], frozenset[int]]


MAX_INPUTS = 16
"""Inputs of tokens that are followed, the first ones."""


class Prediction(NamedTuple):
    """An output with a score per token of the vocabulary at every position of the tokens.

    Args:
        tokens: name of the input.
        length: its positions.
        way: the layers through which positions run from the tokens to it, in execution order.
        axes: along which axes of an output the positions of the tokens run.
    """

    tokens: str
    length: int
    way: tuple[TracedLayer, ...]
    axes: "Axes"

    def reads(self, layer: TracedLayer) -> "Iterator[AxisRead]":
        """How a layer on the way reads the positions of the tokens."""
        return _along(layer, self.axes)


def predictions(context: Context) -> "Iterator[Prediction]":
    """Every output that scores the vocabulary of an input, position by position."""
    for name, vocabulary in islice(_token_inputs(context), MAX_INPUTS):
        axes = _running(context, name)
        for port in context.trace.outputs:
            own = axes.get((port.layer, port.output), frozenset[int]())
            others = [size for axis, size in enumerate(port.tensor.shape) if axis not in own]
            if own and vocabulary in others:
                length = context.trace.inputs[name].shape[0]
                yield Prediction(name, length, _way(context, port, axes), axes)


def _token_inputs(context: Context) -> "Iterator[tuple[str, int]]":
    """Inputs of one axis that a table reads, and its rows."""
    for name, tensor in context.trace.inputs.items():
        tables = (reader.layer for reader in context.trace.readers_of(name) if looks_up(reader.layer))
        table = next(tables, None)
        if len(tensor.shape) == 1 and table is not None:
            yield name, table.facts.weights["weight"][0]


def _running(context: Context, name: str) -> "Axes":
    """Where the only axis of an input runs on: output -> its axes."""
    axes: dict[tuple[str, str], frozenset[int]] = {(name, "output"): frozenset({0})}
    for layer in context.layers:
        if any((port.layer, port.output) in axes for port in layer.inputs):
            for output in layer.facts.outputs:
                found = frozenset(read.to for read in _along(layer, axes, output) if read.to is not None)
                if found:
                    axes[layer.name, output] = found
    return axes


def _along(layer: TracedLayer, axes: "Axes", output: str | None = None) -> "Iterator[AxisRead]":
    """How a layer reads the axes of its inputs that are among ``axes``."""
    every = layer.facts.reads if output is None else layer.facts.reads_of(output)
    for port, reads in zip(layer.inputs, every, strict=False):
        for axis in axes.get((port.layer, port.output), ()):
            yield reads[axis]


def _way(context: Context, port: Port, axes: "Axes") -> tuple[TracedLayer, ...]:
    wanted = {port.layer}
    way: list[TracedLayer] = []
    for layer in reversed(context.layers):
        if layer.name in wanted and any((layer.name, output) in axes for output in layer.facts.outputs):
            way.append(layer)
            wanted.update(each.layer for each in layer.inputs)
    return tuple(reversed(way))


def looks_ahead(read: AxisRead) -> bool:
    """Whether a position reads others behind it."""
    reach = read.reach
    if isinstance(reach, Window):
        return (reach.kernel - 1) * reach.dilation > reach.padding
    return reach == WHOLE
