"""Inputs and outputs that nothing reads: harmless to the numbers, but seldom meant."""

from typing import TYPE_CHECKING

from archcalc.errors import Problem
from archcalc.facts import unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.facts import Tensor
    from archcalc.source import Document
    from archcalc.tracing.records import Port, TracedLayer


def unused(
    inputs: "Mapping[str, Tensor]",
    layers: "tuple[TracedLayer, ...]",
    outputs: "tuple[Port, ...]",
    document: "Document",
) -> "Iterator[Problem]":
    """A finding for every input that no layer reads and every layer whose output goes nowhere."""
    read = {port.layer for layer in layers for port in layer.inputs} | {port.layer for port in outputs}
    shaping = read - _valued(layers) - {port.layer for port in outputs}
    for name in inputs:
        if name not in read:
            place = document.place(("inputs", name), key=True)
            hint = "remove it, or name it in a `from`"
            yield Problem(place, f"inputs.{name}", "no layer reads this input", hint)
    for layer in layers:
        if layer.name not in read:
            hint = "remove the layer, read it with `from`, or list it under `outputs`"
            yield Problem(layer.place, f"{layer.name} ({layer.type})", "nothing reads its output", hint)
        elif layer.name in shaping:
            hint = "only a size is taken from it: write that size, or read the output too"
            what = "nothing reads its output but for the shape"
            yield Problem(layer.place, f"{layer.name} ({layer.type})", what, hint)


def _valued(layers: "tuple[TracedLayer, ...]") -> set[str]:
    """Names of the layers and inputs whose values some layer reads, not only their shapes."""
    return {
        port.layer
        for layer in layers
        for output in layer.facts.outputs
        for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=True)
        if not unread(reads)
    }
