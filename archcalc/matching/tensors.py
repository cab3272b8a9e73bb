"""Parameters and buffers by name: those of a spec, and those of whatever stands beside it."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.records import dataclass
from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.facts import Shape
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class SpecTensor:
    """A parameter or buffer that the spec says there is.

    Args:
        name: its full dotted name.
        shape: of the tensor.
        layer: that it belongs to.
        own: its name within the layer; empty where the layer is the parameter.
        position: of the layer in execution order.
        buffer: whether it is a buffer.
        owner: full name of the tensor that it shares; None where it is its own.
    """

    name: str
    shape: "Shape"
    layer: "TracedLayer"
    own: str
    position: int
    buffer: bool
    owner: str | None


@dataclass(frozen=True, slots=True)
class OtherTensor:
    """A tensor of the other side.

    Args:
        name: as it is called there.
        shape: of the tensor, in torch's order of axes.
        buffer: whether it is a buffer; None where that is not said.
    """

    name: str
    shape: "Shape"
    buffer: bool | None = None

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


def spec_tensors(trace: "Trace") -> "Iterator[SpecTensor]":
    """All tensors of a network in execution order, shared ones under each of their names."""
    for position, layer in enumerate(trace.layers):
        for tensors, buffer in ((layer.facts.weights, False), (layer.facts.buffers, True)):
            for own, shape in tensors.items():
                name = tensor_name(layer.name, own)
                yield SpecTensor(name, shape, layer, own, position, buffer, layer.tied.get(own))


def last_part(name: str) -> str:
    """What a tensor is within its module: ``weight``."""
    return name.rpartition(".")[2]
