"""A layer asked again before a cure is tried on the whole spec: with another argument, on another input."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.facts import Facts, Shape, Tensor
    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused


def with_argument(refused: "Refused", key: str, value: object) -> "Facts | None":
    """What the layer states with another value of an argument; None where it still refuses."""
    try:
        arguments = type(refused.arguments).model_validate({**dict(refused.arguments), key: value})
        return arguments.infer(tuple(port.tensor for port in refused.inputs))
    except ValueError:  # a Fault, or what pydantic says of the value
        return None


def arriving(
    context: "Context", refused: "Refused", shapes: "Mapping[str, Shape]"
) -> "tuple[Tensor, ...] | None":
    """What a layer reads where inputs of the network have other shapes; None: a layer above refuses them."""
    tensors = {
        (name, "output"): replace(tensor, shape=shapes.get(name, tensor.shape))
        for name, tensor in context.trace.inputs.items()
    }
    try:
        for layer in context.trace.above(refused.inputs):
            facts = layer.arguments.infer(tuple(tensors[port.layer, port.output] for port in layer.inputs))
            tensors.update({(layer.name, name): tensor for name, tensor in facts.outputs.items()})
        return tuple(tensors[port.layer, port.output] for port in refused.inputs)
    except (Fault, KeyError):
        return None


def takes(refused: "Refused", tensors: "tuple[Tensor, ...] | None") -> bool:
    """Whether the layer takes them."""
    try:
        return tensors is not None and bool(refused.arguments.infer(tensors).outputs)
    except Fault:
        return False
