"""Inputs and outputs that nothing reads: harmless to the numbers, but seldom meant."""

from typing import TYPE_CHECKING

from archcalc.errors import Problem

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
    for name in inputs:
        if name not in read:
            place = document.place(("inputs", name), key=True)
            hint = "remove it, or name it in a `from`"
            yield Problem(place, f"inputs.{name}", "no layer reads this input", hint)
    for layer in layers:
        if layer.name not in read:
            hint = "remove the layer, read it with `from`, or list it under `outputs`"
            yield Problem(layer.place, f"{layer.name} ({layer.type})", "nothing reads its output", hint)
