"""Inputs and outputs that nothing reads: harmless to the numbers, but seldom meant."""

from typing import TYPE_CHECKING

from archcalc.facts import Tensor, unread
from archcalc.tracing.records import Port, TracedLayer, Unused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.source import Document


def unused(
    inputs: "Mapping[str, Tensor]",
    layers: tuple[TracedLayer, ...],
    outputs: tuple[Port, ...],
    document: "Document",
) -> "Iterator[Unused]":
    """A finding for every input that no layer reads and every layer whose output goes nowhere."""
    read = {port.layer for layer in layers for port in layer.inputs} | {port.layer for port in outputs}
    shaping = read - _valued(layers) - {port.layer for port in outputs}
    for name in inputs:
        if name not in read:
            place = document.place(("inputs", name), key=True)
            hint = "remove it, or name it in a `from`"
            yield Unused(
                place, f"inputs.{name}", "no layer reads this input", hint, source=name, is_input=True
            )
    for layer in layers:
        if layer.name not in read and not layer.arguments.serves_unread:
            what, hint = _told(layer)
            yield Unused(layer.place, layer.subject, what, hint, source=layer.name)
        elif layer.name in shaping:
            hint = "only a size is taken from it: write that size, or read the output too"
            what = "nothing reads its output but for the shape"
            yield Unused(layer.place, layer.subject, what, hint, source=layer.name)


def _told(layer: TracedLayer) -> tuple[str, str]:
    """What is wrong with a layer that nothing reads, and how to mend it."""
    if not layer.arguments.is_source:
        return "nothing reads its output", "remove the layer, read it with `from`, or list it under `outputs`"
    hint = "remove it, or name it in the `from` of the layer that is to read it"
    if layer.facts.weights:
        return "nothing reads this parameter: it is never trained", hint
    return "nothing reads it", hint


def _valued(layers: tuple[TracedLayer, ...]) -> set[str]:
    """Names of the layers and inputs whose values some layer reads, not only their shapes."""
    return {
        port.layer
        for layer in layers
        for output in layer.facts.outputs
        for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=True)
        if not unread(reads)
    }
